UPDATE account SET disabled = $2::boolean, failures = 0, retry_at = now(), changed_at = clock_timestamp()
WHERE name = $1 RETURNING name

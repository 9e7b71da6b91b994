-- A new password; sessions made before changed_at have ended.
UPDATE account SET hash = $2, failures = 0, retry_at = now(), changed_at = clock_timestamp()
WHERE name = $1 RETURNING name

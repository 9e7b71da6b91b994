-- Counts a try as wrong before it is looked at; no row: no such account, or it
-- is disabled, or it waits. From the fifth on it waits 30 s, doubled up to a day.
UPDATE account SET failures = failures + 1,
    retry_at = now() + CASE WHEN failures + 1 < 5 THEN interval '0'
                            ELSE least(interval '30 seconds' * 2 ^ least(failures - 4, 20), interval '1 day') END
WHERE name = $1 AND NOT disabled AND retry_at <= now() RETURNING hash

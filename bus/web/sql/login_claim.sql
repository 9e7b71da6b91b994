-- Counts a try as wrong before it is looked at; no row: no such account, or it
-- is disabled, or it waits. From the fifth on it waits 30 s, doubled up to a day.
-- With its second factor, which a wrong code counts for as well; "" for none.
WITH tried AS (
    UPDATE account SET failures = failures + 1,
        retry_at = now() + CASE WHEN failures + 1 < 5 THEN interval '0'
                                ELSE least(interval '30 seconds' * 2 ^ least(failures - 4, 20), interval '1 day') END
    WHERE name = $1 AND NOT disabled AND retry_at <= now() RETURNING name, hash)
SELECT t.hash, coalesce(encode(f.sealed, 'hex'), ''), coalesce(f.id::text, '')
FROM tried t LEFT JOIN account_factor f ON f.account = t.name AND f.ready

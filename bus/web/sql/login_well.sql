-- It was the right password, and still is ($4: its hash): a session of $3 ms, known
-- by the hash $2, from $5, of the program $6.
WITH gone AS (DELETE FROM account_session WHERE expires_at <= now()),
well AS (UPDATE account SET failures = 0, retry_at = now(), last_login = now()
         WHERE name = $1 AND hash = $4 AND NOT disabled RETURNING name, operator_id),
made AS (INSERT INTO account_session (token_hash, account, made_at, expires_at, address, program)
         SELECT decode($2, 'hex'), name, clock_timestamp(), now() + $3::bigint * interval '1 millisecond', $5, $6 FROM well
         RETURNING account, expires_at)
SELECT made.account, well.operator_id,
       to_char(made.expires_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'),
       (extract(epoch FROM made.expires_at) * 1000)::bigint
FROM made, well

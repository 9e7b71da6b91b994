-- As login_well.sql, and the password's hash is $7 from now on: all his sessions
-- end, he goes on in this fresh one.
WITH renewed AS (
    SELECT name_of, operator_of, changed FROM account_renew($1, $4, $7)
), made AS (
    INSERT INTO account_session (token_hash, account, made_at, expires_at, address, program)
    SELECT decode($2, 'hex'), name_of, changed + interval '1 microsecond',
           now() + $3::bigint * interval '1 millisecond', $5, $6 FROM renewed
    RETURNING account, expires_at
)
SELECT made.account, renewed.operator_of,
       to_char(made.expires_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'),
       (extract(epoch FROM made.expires_at) * 1000)::bigint
FROM made, renewed

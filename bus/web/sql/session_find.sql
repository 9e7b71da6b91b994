-- Seen, once a minute at most.
WITH found AS (
    SELECT s.token_hash, s.account, a.operator_id, s.expires_at
    FROM account_session AS s JOIN account AS a ON a.name = s.account
    WHERE s.token_hash = decode($1, 'hex') AND s.expires_at > now() AND s.made_at > a.changed_at AND NOT a.disabled
), seen AS (
    UPDATE account_session s SET seen_at = date_trunc('minute', now()) FROM found
    WHERE s.token_hash = found.token_hash AND s.seen_at < date_trunc('minute', now())
)
SELECT account, operator_id,
       to_char(expires_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'),
       (extract(epoch FROM expires_at) * 1000)::bigint
FROM found

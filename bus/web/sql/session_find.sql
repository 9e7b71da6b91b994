SELECT s.account, a.operator_id,
       to_char(s.expires_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'),
       (extract(epoch FROM s.expires_at) * 1000)::bigint
FROM account_session AS s JOIN account AS a ON a.name = s.account
WHERE s.token_hash = decode($1, 'hex') AND s.expires_at > now() AND s.made_at > a.changed_at AND NOT a.disabled

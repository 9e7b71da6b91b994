-- Those that have not ended, this one ($2: its hash, or "") first, then the newest.
SELECT s.n, to_char(s.made_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'),
       to_char(s.seen_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'),
       to_char(s.expires_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'),
       s.address, s.program, CASE WHEN s.token_hash = decode($2, 'hex') THEN 'this' ELSE '' END
FROM account_session AS s JOIN account AS a ON a.name = s.account
WHERE s.account = $1 AND s.expires_at > now() AND s.made_at > a.changed_at AND NOT a.disabled
ORDER BY s.token_hash = decode($2, 'hex') DESC, s.n DESC LIMIT 100

SELECT to_char(f.made_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'),
       (SELECT count(*) FROM account_recovery r WHERE r.account = f.account AND used_at IS NULL)
FROM account_factor f WHERE f.account = $1 AND f.ready

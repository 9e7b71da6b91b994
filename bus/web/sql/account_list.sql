SELECT name, operator_id,
       CASE WHEN disabled THEN 'disabled' WHEN retry_at > now() THEN 'waiting' ELSE 'enabled' END,
       failures, coalesce(to_char(last_login AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'), ''),
       CASE WHEN EXISTS (SELECT FROM account_factor f WHERE f.account = name AND ready) THEN 'factor' ELSE '' END
FROM account ORDER BY name

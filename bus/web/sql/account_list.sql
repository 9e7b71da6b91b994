SELECT name, operator_id,
       CASE WHEN disabled THEN 'disabled' WHEN retry_at > now() THEN 'waiting' ELSE 'enabled' END,
       failures, coalesce(to_char(last_login AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'), '')
FROM account ORDER BY name

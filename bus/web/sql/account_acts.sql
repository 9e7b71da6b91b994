SELECT to_char(at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'), account, act, operator, why
FROM account_act WHERE $1 = '' OR account = $1 ORDER BY n

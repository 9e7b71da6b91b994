SELECT content = $4::bytea, to_char(at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI') FROM statement
WHERE bank = $1 AND fund = $2 AND name = $3

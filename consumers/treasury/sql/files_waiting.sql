SELECT 'F' || n, to_char(at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'), bank, operator, kind, left(sm3, 12), reason
FROM bank_file_waiting ORDER BY n

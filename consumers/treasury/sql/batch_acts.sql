SELECT to_char(at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), operator, act, coalesce(amount_fen, 0), note FROM treasury_act
WHERE batch_id = $1::uuid ORDER BY n

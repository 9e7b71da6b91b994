SELECT n, fund, amount_fen, coalesce(year || '年结转 carried over: ', '') || why, said_by,
       to_char(said_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI')
FROM budget_said WHERE agreed IS NULL ORDER BY n LIMIT 200

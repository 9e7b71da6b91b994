SELECT coalesce(f.blocked_by, ''), coalesce((SELECT fen FROM fund_balance b WHERE b.fund = f.code AND account = 'free'), 0),
       (SELECT count(*) FROM bank_answer a WHERE a.fund = f.code AND looked_by IS NULL
        AND ended NOT IN ('TAKEN', 'DOUBLED', 'LATE'))
FROM fund f WHERE code = $1

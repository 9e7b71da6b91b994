SELECT f.code, -coalesce((SELECT fen FROM fund_balance b WHERE b.fund = f.code AND account = 'grant'), 0) AS budget,
       coalesce((SELECT fen FROM fund_balance b WHERE b.fund = f.code AND account = 'free'), 0) AS free,
       coalesce((SELECT sum(fen) FROM fund_balance b WHERE b.fund = f.code AND account IN ('committed', 'transit')), 0) AS committed,
       coalesce((SELECT sum(amount_fen) FROM account_entry e WHERE e.fund = f.code AND kind = 'settle' AND account = 'paid'), 0) AS paid,
       -coalesce((SELECT sum(amount_fen) FROM account_entry e WHERE e.fund = f.code AND kind IN ('return', 'repay') AND account = 'paid'), 0) AS returned,
       coalesce(f.blocked_by, ''),
       (SELECT count(*) FROM bank_answer a WHERE a.fund = f.code AND looked_by IS NULL
        AND ended NOT IN ('TAKEN', 'DOUBLED', 'LATE')) AS disputed
FROM fund f ORDER BY f.code

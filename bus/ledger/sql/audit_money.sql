-- Money that is paid every period, held against the ledger's own rows: each row
-- is a difference; none is well. What, fund, day, what the books say, what must
-- be, in fen or lines.
WITH -- What was ordered, as the event says it that left.
     ordered AS (SELECT l.order_id, b.fund, b.pay_day, l.amount_fen, l.line_id, l.state, l.attempt, e.amount_fen AS left_fen
                 FROM batch_line l JOIN batch b USING (batch_id)
                 LEFT JOIN LATERAL (SELECT amount_fen FROM event e WHERE e.about = l.order_id AND e.kind = 'payment_order' LIMIT 1) e ON true
                 WHERE l.written),
     -- What the banks said that counts, as the events say it.
     said AS (SELECT a.order_id, a.fund, a.outcome, a.value_day, e.amount_fen,
                     bool_or(a.outcome = 'SETTLED') OVER (PARTITION BY a.order_id) AS settled
              FROM bank_answer a
              LEFT JOIN LATERAL (SELECT amount_fen FROM event e WHERE e.event_id = a.event_id LIMIT 1) e ON true
              WHERE a.ended = 'TAKEN'),
     paid AS (SELECT fund, value_day AS day, sum(CASE outcome WHEN 'SETTLED' THEN amount_fen ELSE -amount_fen END) AS fen
              FROM said WHERE outcome = 'SETTLED' OR (outcome = 'RETURNED' AND settled) GROUP BY 1, 2),
     booked AS (SELECT fund, day, sum(amount_fen) AS fen FROM account_entry
                WHERE account = 'paid' AND kind IN ('settle', 'return') GROUP BY 1, 2),
     -- What a bank's statements say, and what of the books that is: an entry's own day while no statement has it.
     stated AS (SELECT s.fund, l.day, 0::bigint AS books, l.amount_fen AS bank FROM statement_line l JOIN statement s ON s.n = l.statement
                WHERE l.txn IS NULL OR l.txn IS DISTINCT FROM md5('elsewhere ' || l.wanted)::uuid
                UNION ALL
                SELECT e.fund, coalesce(l.day, e.day), CASE e.account WHEN 'free' THEN e.amount_fen ELSE -e.amount_fen END, 0
                FROM account_entry e LEFT JOIN statement_line l ON l.txn = e.txn
                LEFT JOIN difference_look k ON k.name = e.txn::text AND k.second_by IS NOT NULL
                JOIN (SELECT fund, min(first_day) AS since, max(closing_day) AS until FROM statement GROUP BY fund) s ON s.fund = e.fund
                WHERE (e.account IN ('paid', 'bank') AND (l.txn IS NOT NULL OR (k.name IS NULL AND e.day BETWEEN s.since AND s.until)))
                   OR (e.account = 'free' AND e.kind = 'budget' AND l.txn IS NOT NULL)),
     added AS (SELECT fund, account, sum(amount_fen) AS fen FROM account_entry GROUP BY 1, 2)
SELECT 'ordered 已下达', fund, pay_day::text, sum(amount_fen), sum(left_fen) FROM ordered
WHERE left_fen <> amount_fen GROUP BY fund, pay_day
UNION ALL -- an order is of a line, and worth what the line is
SELECT 'line 明细', d.fund, d.pay_day::text, d.amount_fen, o.amount_fen FROM ordered o JOIN due_line d USING (line_id)
WHERE o.amount_fen <> d.amount_fen OR (o.state <> d.state AND o.attempt = d.attempt AND d.state NOT IN ('due', 'stopped'))
UNION ALL
SELECT 'paid 已付', coalesce(p.fund, b.fund), coalesce(p.day, b.day)::text, coalesce(b.fen, 0), coalesce(p.fen, 0)
FROM paid p FULL JOIN booked b ON b.fund = p.fund AND b.day = p.day WHERE coalesce(p.fen, 0) <> coalesce(b.fen, 0)
UNION ALL -- the board is what was booked
SELECT 'board ' || coalesce(f.account, a.account) || ' 台账', coalesce(f.fund, a.fund), '', coalesce(f.fen, 0), coalesce(a.fen, 0)
FROM fund_balance f FULL JOIN added a ON a.fund = f.fund AND a.account = f.account WHERE coalesce(f.fen, 0) <> coalesce(a.fen, 0)
UNION ALL -- paid - returned is what the bank says, day by day
SELECT 'statement 对账单', fund, day::text, sum(books), sum(bank) FROM stated GROUP BY fund, day HAVING sum(books) <> sum(bank)
UNION ALL -- opening + movements = closing, one statement after the other
SELECT 'balance 余额', s.fund, s.closing_day::text, s.closing_fen,
       coalesce(b.closing_fen, s.opening_fen) + (SELECT coalesce(sum(amount_fen), 0) FROM statement_line l WHERE l.statement = s.n)
FROM statement s LEFT JOIN statement b ON b.n = s.follows
WHERE s.closing_fen <> coalesce(b.closing_fen, s.opening_fen)
      + (SELECT coalesce(sum(amount_fen), 0) FROM statement_line l WHERE l.statement = s.n)
UNION ALL -- nothing comes of nothing
SELECT 'entries 分录', fund, day::text, sum(amount_fen), 0 FROM account_entry GROUP BY txn, fund, day HAVING sum(amount_fen) <> 0
ORDER BY 1, 2, 3 LIMIT 100

-- What of a fund's statements the books have by now: orders by their id, what
-- dispatch ordered too; what was repaid and what was given by its amount,
-- oldest first.
WITH line AS (
    SELECT l.statement, l.n, l.amount_fen, l.order_id, l.wanted, l.day FROM statement_line l JOIN statement s ON s.n = l.statement
    WHERE l.txn IS NULL AND s.fund = $1
), ordered AS (
    SELECT DISTINCT ON (e.txn) l.statement, l.n, e.txn FROM line l JOIN account_entry e ON e.txn = l.wanted
    WHERE e.account = 'paid' AND e.fund = $1 AND e.amount_fen = -l.amount_fen ORDER BY e.txn, l.statement, l.n
), elsewhere AS (
    SELECT DISTINCT ON (l.wanted) l.statement, l.n, md5('elsewhere ' || l.wanted)::uuid AS txn
    FROM line l JOIN order_elsewhere o USING (order_id) ORDER BY l.wanted, l.statement, l.n
), money AS (
    SELECT e.txn, f.fen, row_number() OVER (PARTITION BY f.fen ORDER BY e.kind DESC, e.n) AS k
    FROM account_entry e, LATERAL (SELECT CASE e.account WHEN 'paid' THEN -e.amount_fen ELSE e.amount_fen END AS fen) f
    WHERE e.fund = $1 AND ((e.kind = 'repay' AND e.account = 'paid') OR (e.kind = 'budget' AND e.account = 'free'))
      AND e.day >= (SELECT min(first_day) FROM statement WHERE fund = $1)
      AND NOT EXISTS (SELECT FROM statement_line x WHERE x.txn = e.txn)
), nameless AS (
    SELECT statement, n, amount_fen AS fen, row_number() OVER (PARTITION BY amount_fen ORDER BY statement, n) AS k
    FROM line WHERE order_id IS NULL
), found AS (
    SELECT * FROM ordered UNION ALL SELECT * FROM elsewhere
    UNION ALL SELECT statement, n, txn FROM money JOIN nameless USING (fen, k)
)
UPDATE statement_line l SET txn = f.txn FROM found f
WHERE l.statement = f.statement AND l.n = f.n AND NOT EXISTS (SELECT FROM statement_line x WHERE x.txn = f.txn)

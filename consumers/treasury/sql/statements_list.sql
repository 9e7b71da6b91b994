SELECT s.n, s.fund, s.bank, s.name, s.first_day, s.closing_day, s.opening_fen, s.moved_fen, s.closing_fen, s.lines,
       (SELECT count(*) FROM statement_line l WHERE l.statement = s.n AND l.txn IS NOT NULL),
       (SELECT count(*) FROM statement_line l WHERE l.statement = s.n AND l.txn IS NULL)
FROM statement s WHERE $1::text IS NULL OR s.fund = $1 ORDER BY s.n

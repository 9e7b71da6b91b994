SELECT l.statement || '/' || l.n, l.day, l.amount_fen, coalesce(e.kind, CASE WHEN l.txn IS NULL THEN d.reason ELSE 'elsewhere' END),
       coalesce(e.line_id::text, d.line_id::text, ''), coalesce(l.order_id::text, ''), l.reference
FROM statement_line l
LEFT JOIN LATERAL (SELECT kind, line_id FROM account_entry WHERE txn = l.txn LIMIT 1) e ON true
LEFT JOIN fund_difference d ON d.name = l.statement || '/' || l.n
WHERE l.statement = $1::bigint ORDER BY l.n

-- The money of these lines is free again ($2 NULL: of all of the batch).
INSERT INTO account_entry (txn, fund, account, amount_fen, kind, day, batch_id, line_id)
SELECT md5('release ' || l.batch_id || ' ' || l.line_id || ' ' || l.order_id)::uuid, b.fund, a.account,
       a.side * l.amount_fen, 'release', $3::date, l.batch_id, l.line_id
FROM batch_line l JOIN batch b USING (batch_id), (VALUES ('committed', -1), ('free', 1)) a(account, side)
WHERE l.batch_id = $1::uuid AND ($2::uuid[] IS NULL OR l.line_id = ANY ($2::uuid[]))
ON CONFLICT (txn, account) DO NOTHING

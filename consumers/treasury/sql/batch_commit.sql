INSERT INTO account_entry (txn, fund, account, amount_fen, kind, day, batch_id, line_id)
SELECT md5('commit ' || l.batch_id || ' ' || l.line_id || ' ' || l.order_id)::uuid, b.fund, a.account,
       a.side * l.amount_fen, 'commit', $2::date, l.batch_id, l.line_id
FROM batch_line l JOIN batch b USING (batch_id), (VALUES ('free', -1), ('committed', 1)) a(account, side)
WHERE l.batch_id = $1::uuid
ON CONFLICT (txn, account) DO NOTHING

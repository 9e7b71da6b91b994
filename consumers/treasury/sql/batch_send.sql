WITH gone AS (
    UPDATE batch_line SET state = 'sent' WHERE batch_id = $1::uuid RETURNING line_id, attempt, order_id, amount_fen
), lines AS (
    UPDATE due_line d SET state = 'sent', attempt = g.attempt, reason = '' FROM gone g WHERE d.line_id = g.line_id
    RETURNING d.line_id
)
INSERT INTO account_entry (txn, fund, account, amount_fen, kind, day, batch_id, line_id)
SELECT md5('send ' || g.order_id)::uuid, b.fund, a.account, a.side * g.amount_fen, 'send', $2::date, b.batch_id, g.line_id
FROM gone g JOIN lines USING (line_id) JOIN batch b ON b.batch_id = $1::uuid,
     (VALUES ('committed', -1), ('transit', 1)) a(account, side)
ON CONFLICT (txn, account) DO NOTHING

SELECT l.line_id, d.item, d.period, l.amount_fen, l.state, l.attempt, l.order_id, d.reason
FROM batch_line l JOIN due_line d USING (line_id) WHERE l.batch_id = $1::uuid ORDER BY l.line_id

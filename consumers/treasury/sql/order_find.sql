SELECT l.state, l.amount_fen, l.reference, l.batch_id, l.line_id, b.bank, b.fund, b.state, d.state, d.attempt = l.attempt,
       d.assignment_id, d.owed_fen
FROM batch_line l JOIN batch b USING (batch_id) JOIN due_line d USING (line_id) WHERE l.order_id = $1::uuid

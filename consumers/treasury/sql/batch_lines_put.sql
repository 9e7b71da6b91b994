INSERT INTO batch_line (batch_id, line_id, attempt, order_id, amount_fen, decision_id, payee_hash)
SELECT $1::uuid, v.line_id, d.attempt + 1, v.order_id, d.amount_fen, a.decision_id, a.payee_hash
FROM unnest($2::uuid[], $3::uuid[]) v(line_id, order_id) JOIN due_line d USING (line_id) JOIN award a USING (assignment_id)

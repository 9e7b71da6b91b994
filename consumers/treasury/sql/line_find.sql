SELECT state, attempt, amount_fen, owed_fen, fund,
       (SELECT l.order_id FROM batch_line l WHERE l.line_id = d.line_id AND l.attempt = d.attempt), attempt_max, assignment_id
FROM due_line d WHERE line_id = $1::uuid

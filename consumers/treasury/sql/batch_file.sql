-- A page of a batch as a file: orders that left, in the order of their lines.
SELECT l.order_id, l.amount_fen, l.line_id, l.state, d.period, a.item, a.household_id, a.assignment_id, a.event_id,
       l.payee_hash, a.personal
FROM batch_line l JOIN due_line d USING (line_id) JOIN award a USING (assignment_id)
WHERE l.batch_id = $1::uuid AND l.line_id > $2::uuid AND l.written AND l.reference <> 'treasury'
ORDER BY l.line_id LIMIT $3::int

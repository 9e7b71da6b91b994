-- What the matcher is told of an order with.
SELECT a.household_id, a.case_id, a.event_id FROM batch_line l JOIN due_line d USING (line_id) JOIN award a USING (assignment_id)
WHERE l.order_id = $1::uuid

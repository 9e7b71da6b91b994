-- Orders of batches that were sent and are not in the outbox yet.
SELECT l.order_id, l.amount_fen, l.line_id, d.period, d.pay_day - DATE '1970-01-01', d.first_day, b.bank, b.fund,
       a.assignment_id, a.decision_id, a.household_id, a.case_id, a.event_id, a.item, a.period, a.payee_hash, a.personal,
       l.batch_id
FROM batch_line l JOIN batch b USING (batch_id) JOIN due_line d USING (line_id) JOIN award a USING (assignment_id)
WHERE l.state = 'sent' AND l.open AND NOT l.written ORDER BY b.sent_at, l.line_id LIMIT $1::int

-- Orders of batches that were sent and are not in the outbox yet. `stopped`:
-- since it was sent, nothing is to be paid for those days any more.
SELECT l.order_id, l.amount_fen, l.line_id, d.period, d.pay_day - DATE '1970-01-01', d.first_day, b.bank, b.fund,
       a.assignment_id, a.decision_id, a.household_id, a.case_id, a.event_id, a.item, a.period, l.payee_hash, a.personal,
       l.batch_id, a.state = 'waiting' OR d.owed_fen >= d.amount_fen OR (a.state = 'ended' AND (a.until IS NULL OR d.first_day > a.until))
FROM batch_line l JOIN batch b USING (batch_id) JOIN due_line d USING (line_id) JOIN award a USING (assignment_id)
WHERE l.state = 'sent' AND l.open AND NOT l.written ORDER BY b.sent_at, l.line_id LIMIT $1::int

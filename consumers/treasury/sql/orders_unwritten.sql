-- Orders of batches that were sent and are not in the outbox yet, the oldest
-- batch's first; of each no more than are asked for are looked at. `stopped`:
-- since it was sent, nothing is to be paid for those days any more.
SELECT l.order_id, l.amount_fen, l.line_id, d.period, d.pay_day - DATE '1970-01-01', d.first_day, l.bank, l.fund,
       a.assignment_id, a.decision_id, a.household_id, a.case_id, a.event_id, a.item, a.period, l.payee_hash, a.personal,
       l.batch_id, a.state = 'waiting' OR d.owed_fen >= d.amount_fen OR (a.state = 'ended' AND (a.until IS NULL OR d.first_day > a.until))
FROM (SELECT b.bank, b.fund, b.sent_at, n.* FROM batch b,
           LATERAL (SELECT * FROM batch_line WHERE batch_id = b.batch_id AND open AND NOT written AND state = 'sent'
                    ORDER BY line_id LIMIT $1::int) n
      WHERE b.sent_at IS NOT NULL ORDER BY b.sent_at, n.line_id LIMIT $1::int) l
JOIN due_line d USING (line_id) JOIN award a USING (assignment_id)
ORDER BY l.sent_at, l.line_id

-- What may go into a batch. `first`: nothing of its award comes before it.
SELECT d.line_id, d.attempt + 1, d.amount_fen, a.assignment_id, a.decision_id,
       NOT EXISTS (SELECT FROM due_line e WHERE e.assignment_id = d.assignment_id AND e.first_day < d.first_day)
       AND NOT EXISTS (SELECT FROM batch_line l WHERE l.line_id = d.line_id AND NOT l.open AND l.decision_id = a.decision_id)
FROM due_line d JOIN award a USING (assignment_id)
WHERE d.bank = $1 AND d.fund = $2 AND d.pay_day <= $3::date AND d.is_due AND a.state <> 'waiting'
  AND (a.state <> 'ended' OR d.first_day <= a.until) -- what came back is owed for its days only
  AND NOT EXISTS (SELECT FROM batch_line l WHERE l.line_id = d.line_id AND l.open)
ORDER BY d.line_id LIMIT $4::int

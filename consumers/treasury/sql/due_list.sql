SELECT d.bank, d.fund, d.pay_day, count(*), sum(d.amount_fen) FROM due_line d JOIN award a USING (assignment_id, bank, fund)
WHERE d.is_due AND a.state <> 'waiting' AND (a.state <> 'ended' OR d.first_day <= a.until) AND d.pay_day <= $1::date
  AND NOT EXISTS (SELECT FROM batch_line l WHERE l.line_id = d.line_id AND l.open)
GROUP BY 1, 2, 3 ORDER BY 3, 1, 2

-- What is due again is worth what its award is worth by now.
UPDATE due_line d SET amount_fen = a.amount_fen FROM award a
WHERE a.assignment_id = d.assignment_id AND d.assignment_id = $1::uuid AND d.state = 'due' AND d.amount_fen > a.amount_fen
  AND d.first_day >= make_date(a.from_month / 12, a.from_month % 12 + 1, 1)
  AND NOT EXISTS (SELECT FROM batch_line l WHERE l.line_id = d.line_id AND l.open)

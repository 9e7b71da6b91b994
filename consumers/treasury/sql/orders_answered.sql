-- Of each answer the order it is of: as it stands, and whether the answer has
-- come before. An order of nobody's here is dispatch's, or unknown.
SELECT v.order_id, EXISTS (SELECT FROM bank_answer k WHERE k.event_id = v.event_id),
       EXISTS (SELECT FROM order_elsewhere e WHERE e.order_id = v.order_id), l.state, l.amount_fen, l.reference, l.batch_id,
       l.line_id, b.bank, b.fund, d.state, d.attempt = l.attempt, d.assignment_id, a.household_id, a.case_id, a.event_id
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY v(event_id, order_id, n)
LEFT JOIN (batch_line l JOIN batch b USING (batch_id) JOIN due_line d USING (line_id) JOIN award a USING (assignment_id))
    ON l.order_id = v.order_id
ORDER BY v.n

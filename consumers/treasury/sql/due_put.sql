-- Lines of awards, worth what the award says. `put`: it is new; not put and not
-- there already, some of its days are paid for by another line.
WITH asked AS (
    SELECT v.line_id, v.period, v.first_day, v.last_day, v.pay_day, v.back, v.place, a.assignment_id, a.item, a.beneficiary,
           a.purpose, a.fund, a.bank, a.amount_fen, a.state
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[], $5::date[], $6::date[], $7::boolean[]) WITH ORDINALITY
             v(line_id, assignment_id, period, first_day, last_day, pay_day, back, place)
    JOIN award a USING (assignment_id)
), put AS (
    INSERT INTO due_line (line_id, assignment_id, item, beneficiary, period, purpose, fund, bank, amount_fen, first_day,
                          last_day, pay_day, back)
    SELECT line_id, assignment_id, item, beneficiary, period, purpose, fund, bank, amount_fen, first_day, last_day, pay_day, back
    FROM asked ORDER BY place
    ON CONFLICT DO NOTHING
    RETURNING line_id
)
SELECT a.line_id, a.assignment_id, a.period, p.line_id IS NOT NULL AS put, a.state = 'waiting'
FROM asked a LEFT JOIN put p USING (line_id)
WHERE p.line_id IS NOT NULL OR NOT EXISTS (SELECT FROM due_line d WHERE d.line_id = a.line_id)
ORDER BY a.place

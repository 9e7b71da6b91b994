-- The day is here and the line is in no batch that was sent.
SELECT d.line_id, a.household_id, a.case_id, d.item, d.bank, d.pay_day
FROM due_line d JOIN award a USING (assignment_id)
WHERE d.is_due AND d.pay_day = $1::date AND a.state = 'live' ORDER BY 1

SELECT line_id, item, period, pay_day, amount_fen, state, attempt, owed_fen, reason, assignment_id, beneficiary
FROM due_line WHERE ($1 = '' OR state = $1) AND ($2::uuid IS NULL OR beneficiary = $2::uuid OR assignment_id = $2::uuid
       OR assignment_id IN (SELECT assignment_id FROM award WHERE household_id = $2::uuid))
ORDER BY pay_day, item, line_id LIMIT 1000

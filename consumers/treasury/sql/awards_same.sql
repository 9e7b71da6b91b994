-- As awards_due.sql: what was granted of the same, and this assignment's.
SELECT assignment_id, item, beneficiary, purpose, fund, bank, amount_fen, period, day_off, pay_day, from_month,
       decided - DATE '1970-01-01', coalesce(until - DATE '1970-01-01', 0), next_line, state
FROM award WHERE item = $1 AND purpose = $3 AND (beneficiary = $2::uuid OR assignment_id = $4::uuid) AND state <> 'ended'
ORDER BY assignment_id

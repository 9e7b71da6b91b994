-- Lines of the same item and beneficiary that no order has left for, from a
-- day on: those that a new decision is about.
SELECT line_id, first_day - DATE '1970-01-01', last_day - DATE '1970-01-01' FROM due_line
WHERE item = $1 AND purpose = $3 AND (beneficiary = $2::uuid OR assignment_id = $5::uuid) AND first_day >= $4::date
  AND state = ANY ($6::text[])
ORDER BY first_day, line_id

-- Lines of an award, and of the same item and beneficiary, that no order has
-- left for: those that a new decision is about.
SELECT line_id FROM due_line
WHERE item = $1 AND beneficiary = $2::uuid AND purpose = $3 AND last_day >= $4::date
  AND (state = 'due' OR state IN ('rejected', 'returned') AND attempt < 2)

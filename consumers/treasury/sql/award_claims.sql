-- What was sent and claimed back is owed only as far as it is more than what is
-- granted for those days now.
UPDATE due_line SET owed_fen = greatest(0, amount_fen - $6::bigint)
WHERE item = $1 AND purpose = $3 AND (beneficiary = $2::uuid OR assignment_id = $5::uuid) AND first_day >= $4::date
  AND state IN ('sent', 'settled') AND owed_fen > 0

-- What was sent for days of the cut is claimed back as far as it is more.
UPDATE due_line SET owed_fen = amount_fen - $3::bigint, reason = 'AWARD_CUT'
WHERE assignment_id = $1::uuid AND first_day >= $2::date AND state IN ('sent', 'settled') AND amount_fen > $3::bigint
  AND owed_fen = 0
RETURNING line_id, owed_fen

-- What was sent for days after it ended is claimed back.
UPDATE due_line SET owed_fen = amount_fen, reason = $3
WHERE assignment_id = $1::uuid AND state IN ('sent', 'settled') AND first_day > $2::date AND owed_fen = 0
RETURNING line_id, amount_fen

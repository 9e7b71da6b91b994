UPDATE due_line SET state = $2, reason = $3, owed_fen = CASE WHEN $2 IN ('settled') THEN owed_fen ELSE 0 END
WHERE line_id = $1::uuid

UPDATE due_line d SET state = v.state, reason = v.reason, owed_fen = CASE WHEN v.state = 'settled' THEN owed_fen ELSE 0 END
FROM unnest($1::uuid[], $2::text[], $3::text[]) v(line_id, state, reason) WHERE d.line_id = v.line_id

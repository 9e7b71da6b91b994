WITH resumed AS (
    UPDATE due_line SET state = 'due', reason = 'RESUMED'
    WHERE assignment_id = $1::uuid AND state = 'stopped' AND attempt < 2 RETURNING line_id
), forgiven AS (
    UPDATE due_line SET owed_fen = 0, reason = 'RESUMED'
    WHERE assignment_id = $1::uuid AND state IN ('sent', 'settled') AND owed_fen > 0 RETURNING line_id
)
SELECT (SELECT count(*) FROM resumed), (SELECT count(*) FROM forgiven)

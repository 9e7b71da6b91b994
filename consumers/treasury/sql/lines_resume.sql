-- What a new decision has paid for in the meantime stays stopped, and so does what is later than its last day.
WITH resumed AS (
    UPDATE due_line d SET state = 'due', reason = 'RESUMED'
    WHERE assignment_id = $1::uuid AND state = 'stopped' AND attempt < attempt_max AND reason <> 'SUPERSEDED'
      AND first_day <= coalesce((SELECT until FROM award WHERE assignment_id = $1::uuid), 'infinity')
      AND NOT EXISTS (SELECT FROM due_line o
        WHERE o.item = d.item AND o.beneficiary = d.beneficiary AND o.purpose = d.purpose AND o.state <> 'stopped'
          AND daterange(o.first_day, o.last_day, '[]') && daterange(d.first_day, d.last_day, '[]'))
    RETURNING line_id
), forgiven AS (
    UPDATE due_line SET owed_fen = 0, reason = 'RESUMED'
    WHERE assignment_id = $1::uuid AND state IN ('sent', 'settled') AND owed_fen > 0
      AND first_day <= coalesce((SELECT until FROM award WHERE assignment_id = $1::uuid), 'infinity') RETURNING line_id
)
SELECT (SELECT count(*) FROM resumed), (SELECT count(*) FROM forgiven)

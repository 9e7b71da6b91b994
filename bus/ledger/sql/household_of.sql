-- The household and the newest case that application $1 counts in, and the
-- record of that case's newest evaluation in hex. No row: it counts in none.
WITH counted AS (
    SELECT household_id, case_id FROM event
    WHERE kind = 'case_event' AND about = $1::uuid AND word IN ('OPENED', 'APPLICATION_JOINED')
    ORDER BY occurred_at DESC LIMIT 1)
SELECT c.household_id, c.case_id,
       coalesce((SELECT encode(e.body, 'hex') FROM event AS e
                 WHERE e.household_id = c.household_id AND e.kind = 'evaluation' AND e.case_id = c.case_id
                 ORDER BY e.amount_fen DESC LIMIT 1), '')
FROM counted AS c

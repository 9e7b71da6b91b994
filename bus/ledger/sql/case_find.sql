-- Whose life is asked for: $1 is a case's, an application's or a household's
-- id. One row: what it is, the case (null: an application that has no case
-- yet; of a household the newest one). No row: nobody's.
SELECT found.what, found.case_id FROM (
    SELECT 1 AS rank, 'case' AS what, case_id, occurred_at FROM event
    WHERE kind = 'case_event' AND word = 'OPENED' AND case_id = $1::uuid
  UNION ALL
    SELECT 2, 'application', case_id, occurred_at FROM event
    WHERE about = $1::uuid AND kind = 'case_event' AND word IN ('OPENED', 'APPLICATION_JOINED')
  UNION ALL
    SELECT 3, 'application', NULL, occurred_at FROM event
    WHERE about = $1::uuid AND kind = 'application'
  UNION ALL
    SELECT 4, 'household', case_id, occurred_at FROM event
    WHERE household_id = $1::uuid AND kind = 'case_event' AND word = 'OPENED'
) AS found
ORDER BY rank, occurred_at DESC LIMIT 1

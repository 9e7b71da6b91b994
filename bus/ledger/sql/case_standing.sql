-- What $1 is and whose case it means, as case_find.sql says, and how much the
-- ledger has of its life: rows are only ever added, so that while both counts
-- are what they were, everything case_life.sql says is as well. No row:
-- nobody's.
WITH found AS (
    SELECT 'case' AS what, case_id, household_id, occurred_at, 1 AS rank FROM event
    WHERE kind = 'case_event' AND word = 'OPENED' AND case_id = $1::uuid
  UNION ALL
    SELECT 'application', case_id, household_id, occurred_at, 2 FROM event
    WHERE about = $1::uuid AND kind = 'case_event' AND word IN ('OPENED', 'APPLICATION_JOINED')
  UNION ALL
    SELECT 'application', NULL, NULL, occurred_at, 3 FROM event
    WHERE about = $1::uuid AND kind = 'application'
    ORDER BY rank, occurred_at DESC LIMIT 1),
needed AS (
    SELECT DISTINCT (l->>'order_id')::uuid AS need_id
    FROM found AS f JOIN event AS e ON e.household_id = f.household_id AND e.case_id = f.case_id,
         json_array_elements(e.detail->'lines') AS l
    WHERE e.kind = 'dispatch_result' AND l->>'kind' = 'NEED')
SELECT f.what, f.case_id,
       (SELECT count(*) FROM event AS e WHERE e.household_id = f.household_id),
       (SELECT count(*) FROM event AS e JOIN needed AS n ON e.about = n.need_id)
FROM found AS f

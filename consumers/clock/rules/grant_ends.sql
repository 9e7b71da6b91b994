-- Yesterday was the last day of it.
SELECT assignment_id, household_id, case_id, item, 'treasury', until
FROM award WHERE state <> 'ended' AND until = $1::date - 1 ORDER BY 1

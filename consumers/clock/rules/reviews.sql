-- A year has gone since it was granted (民发〔2021〕57号 31).
SELECT assignment_id, household_id, case_id, item, 'treasury', $1::date
FROM award
WHERE state = 'live' AND decided < $1::date
  AND (decided + (extract(year FROM $1::date) - extract(year FROM decided)) * interval '1 year')::date = $1::date
ORDER BY 1

-- A year has gone since it was granted (民发〔2021〕57号 31).
SELECT assignment_id, household_id, case_id, item, 'treasury', $1::date
FROM award
WHERE state = 'live' AND decided < $1::date
  -- of that day of any year, by an index; one granted on 29 February also on the 28th
  AND extract(month FROM decided) * 100 + extract(day FROM decided) IN
      (extract(month FROM $1::date) * 100 + extract(day FROM $1::date), CASE WHEN to_char($1::date, 'MMDD') = '0228' THEN 229 END)
  AND (decided + (extract(year FROM $1::date) - extract(year FROM decided)) * interval '1 year')::date = $1::date
ORDER BY 1

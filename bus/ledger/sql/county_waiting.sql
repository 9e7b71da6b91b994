-- What waits on day $1: of department $2, in town $3 (9 digits) ('' each: all);
-- $4 'late': overdue; 'stuck': not touched for $5 days; '': all. $6 how many at
-- most, those due first; how many there are is with each. $7: whose assignments
-- open a case to the reader; '': all do.
SELECT w.case_id, coalesce(w.case_no::text, ''), w.item, w.department, w.division_code,
       to_char(w.assigned_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'), coalesce(w.due::text, ''),
       to_char(w.heard_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'), w.due < $1::date,
       $7 = '' OR EXISTS (SELECT FROM life_assignment AS a WHERE a.household_id = w.household_id AND a.case_id = w.case_id
                            AND a.department = $7),
       count(*) OVER ()
FROM life_waiting AS w
WHERE ($2 = '' OR w.department = $2) AND starts_with(w.division_code, $3)
  AND CASE $4 WHEN 'late' THEN w.due < $1::date
              WHEN 'stuck' THEN w.heard_at < ($1::date - $5::int)::timestamp AT TIME ZONE 'Asia/Shanghai' ELSE true END
ORDER BY w.due, w.assigned_at, w.assignment_id LIMIT $6::bigint

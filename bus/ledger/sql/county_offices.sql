-- What waits on day $1, by department and by town (9 digits): how much, overdue,
-- not touched for $2 days; the most overdue first.
SELECT CASE WHEN department IS NULL THEN 'town' ELSE 'department' END, coalesce(department, town), count(*),
       count(*) FILTER (WHERE due < $1::date) AS late,
       count(*) FILTER (WHERE heard_at < ($1::date - $2::int)::timestamp AT TIME ZONE 'Asia/Shanghai')
FROM (SELECT department, left(division_code, 9) AS town, due, heard_at FROM life_waiting) AS w
GROUP BY GROUPING SETS ((department), (town))
ORDER BY 1, late DESC, count(*) DESC, 2

-- For people: what is open, by its day.
SELECT due_day, stage, rule, item, whose, coalesce(case_id::text, '-'), about FROM deadline
WHERE stage <> 'done' AND due_day <= $1::date AND ($2 = '' OR whose = $2) AND ($3 = '' OR rule = $3)
ORDER BY due_day, rule, about LIMIT 1000

-- What is told on that day at the latest, in order of its days.
SELECT about, household_id, coalesce(case_id::text, ''), item, whose, due_day, due_day - DATE '1970-01-01', rule, stage,
       next_day - DATE '1970-01-01'
FROM deadline WHERE next_day <= $1::date ORDER BY next_day, rule, about LIMIT $2::int

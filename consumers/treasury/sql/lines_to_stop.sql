SELECT line_id FROM due_line
WHERE assignment_id = $1::uuid AND state IN ('due', 'rejected', 'returned') AND ($2::boolean OR first_day > $3::date)
ORDER BY 1

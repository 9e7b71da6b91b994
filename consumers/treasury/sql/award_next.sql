UPDATE award a SET next_line = v.next_line, next_pay = v.next_pay
FROM unnest($1::uuid[], $2::int[], $3::date[]) v(assignment_id, next_line, next_pay) WHERE a.assignment_id = v.assignment_id

UPDATE award SET next_line = $2::int, next_pay = $3::date WHERE assignment_id = $1::uuid

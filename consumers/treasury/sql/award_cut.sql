UPDATE award SET amount_fen = $2::bigint, period = $3, from_month = $4::int, decided = $5::date, next_line = 0,
    next_pay = $5::date
WHERE assignment_id = $1::uuid

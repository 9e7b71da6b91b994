SELECT name, fund, day, amount_fen, reason, coalesce(line_id::text, ''), coalesce(order_id::text, ''), coalesce(first_by, ''),
       count(*) OVER () FROM fund_difference
WHERE ($1::text IS NULL OR fund = $1) AND ($2::text IS NULL OR name = $2) ORDER BY fund, day, name LIMIT $3::int

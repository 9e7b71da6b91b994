INSERT INTO statement_line (statement, n, amount_fen, day, order_id, reference)
VALUES ($1::bigint, $2::int, $3::bigint, $4::date, $5::uuid, $6)

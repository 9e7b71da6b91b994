INSERT INTO budget_said (fund, amount_fen, why, said_by, year) VALUES ($1, $2::bigint, $3, $4, $5::int) RETURNING n

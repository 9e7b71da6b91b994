SELECT fund, amount_fen, why, said_by, coalesce(agreed::text, ''), coalesce(year, 0) FROM budget_said WHERE n = $1::bigint

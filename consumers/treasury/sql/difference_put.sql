INSERT INTO difference_look (name, fund, kind, why, first_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (name) DO UPDATE SET kind = $3, why = $4, first_by = $5 WHERE difference_look.second_by IS NULL

-- A new account; no row: the name or the operator has one.
INSERT INTO account (name, operator_id, hash) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING RETURNING name

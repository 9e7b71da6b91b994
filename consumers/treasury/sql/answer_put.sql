INSERT INTO bank_answer (event_id, order_id, bank, outcome, amount_fen, reason, value_day, reference, ended, fund)
VALUES ($1::uuid, $2::uuid, $3, $4, $5::bigint, $6, $7::date, $8, $9, $10)
ON CONFLICT (event_id) DO NOTHING RETURNING event_id

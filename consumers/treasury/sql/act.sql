INSERT INTO treasury_act (operator, act, fund, batch_id, line_id, assignment_id, amount_fen, note)
VALUES ($1, $2, $3, $4::uuid, $5::uuid, $6::uuid, $7::bigint, $8)

INSERT INTO batch (batch_id, bank, fund, pay_day, number, lines, total_fen, sm3, prepared_by)
VALUES ($1::uuid, $2, $3, $4::date, $5::int, $6::int, $7::bigint, $8::bytea, $9)

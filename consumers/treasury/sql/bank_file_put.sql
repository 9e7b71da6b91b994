INSERT INTO bank_file (bank, operator, ended, kind, message, sm3, batch_id, entries, total_fen, reason, fund)
VALUES ($1, $2, $3, $4, $5, $6::bytea, $7::uuid, $8::bigint, $9::bigint, $10, $11)

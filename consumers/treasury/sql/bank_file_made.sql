SELECT encode(sm3, 'hex'), entries, total_fen FROM bank_file WHERE batch_id = $1::uuid AND ended = 'MADE'

SELECT amount_fen FROM batch_line WHERE order_id = $1::uuid

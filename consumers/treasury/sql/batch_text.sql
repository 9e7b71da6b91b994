-- What the SM3 of a batch is over, line by line.
SELECT line_id || ' ' || attempt || ' ' || order_id || ' ' || amount_fen || ' ' || encode(payee_hash, 'hex') FROM batch_line
WHERE batch_id = $1::uuid ORDER BY line_id

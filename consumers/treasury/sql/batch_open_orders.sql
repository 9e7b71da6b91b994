SELECT order_id FROM batch_line WHERE batch_id = $1::uuid AND written AND state = 'sent' ORDER BY line_id

UPDATE batch_line SET state = $2, open = false, reference = $3 WHERE order_id = $1::uuid

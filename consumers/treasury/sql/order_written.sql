UPDATE batch_line SET written = true WHERE order_id = $1::uuid

UPDATE batch_line SET written = true WHERE order_id = ANY($1::uuid[])

SELECT 1 FROM order_elsewhere WHERE order_id = $1::uuid

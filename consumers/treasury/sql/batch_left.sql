SELECT EXISTS (SELECT FROM batch_line WHERE batch_id = $1::uuid AND open)

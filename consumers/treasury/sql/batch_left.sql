SELECT count(*) FILTER (WHERE open), count(*) FROM batch_line WHERE batch_id = $1::uuid

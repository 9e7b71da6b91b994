DELETE FROM batch_line WHERE batch_id = $1::uuid AND ($2::uuid[] IS NULL OR line_id = ANY ($2::uuid[]))

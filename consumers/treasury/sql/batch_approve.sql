UPDATE batch SET state = $2, approved_first = coalesce(approved_first, $3),
    approved_second = CASE WHEN approved_first IS NULL THEN NULL ELSE $3 END
WHERE batch_id = $1::uuid

UPDATE batch SET lines = (SELECT count(*) FROM batch_line l WHERE l.batch_id = $1::uuid),
    total_fen = (SELECT coalesce(sum(amount_fen), 0) FROM batch_line l WHERE l.batch_id = $1::uuid), sm3 = $2::bytea
WHERE batch_id = $1::uuid

UPDATE batch SET state = $2, sent_at = CASE WHEN $2 = 'sent' THEN now() ELSE sent_at END WHERE batch_id = $1::uuid

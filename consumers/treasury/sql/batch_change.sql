UPDATE batch SET state = 'prepared', approved_first = NULL, approved_second = NULL WHERE batch_id = $1::uuid

UPDATE life_change SET done = true WHERE event_id = $1::uuid

INSERT INTO clock_reading (topic, part, next) VALUES ($1, $2::int, $3::bigint)
ON CONFLICT (topic, part) DO UPDATE SET next = excluded.next

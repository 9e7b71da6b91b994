INSERT INTO reading (topic, part, next)
SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[])
ON CONFLICT (topic, part) DO UPDATE SET next = greatest(reading.next, excluded.next)

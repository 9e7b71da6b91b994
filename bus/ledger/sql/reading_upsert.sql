INSERT INTO reading (topic, part, next, n, chain)
SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::bytea[])
ON CONFLICT (topic, part) DO UPDATE SET next = excluded.next, n = excluded.n, chain = excluded.chain
WHERE excluded.next > reading.next

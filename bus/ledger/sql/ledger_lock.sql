-- Is this shard's writer the only one? Held as long as the session lives.
SELECT pg_try_advisory_lock($1::int, $2::int)

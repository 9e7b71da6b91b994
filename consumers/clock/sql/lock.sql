-- One clock at a time; and what time it is in the database.
SELECT pg_advisory_xact_lock(1129074763), (extract(epoch FROM clock_timestamp()) * 1000)::bigint

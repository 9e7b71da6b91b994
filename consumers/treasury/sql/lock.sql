-- One writer of the treasury's tables at a time: the role, or a command; and
-- what time it is in the database.
SELECT pg_advisory_xact_lock(1416782957), (extract(epoch FROM clock_timestamp()) * 1000)::bigint

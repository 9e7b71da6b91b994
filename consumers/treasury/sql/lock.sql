-- One writer of the treasury's tables at a time: the role, or a command.
SELECT pg_advisory_xact_lock(1416782957)

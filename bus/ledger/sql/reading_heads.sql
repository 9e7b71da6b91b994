-- First whether this session holds the lock of ledger_lock.sql, then how far
-- each partition has been read and its chain's head: of a snapshot that is
-- newer than the lock, so that no other writer's commit is missing.
SELECT '', -1, 0::bigint, 0::bigint, EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = $1::int::oid AND objid = $2::int::oid AND objsubid = 2
        AND pid = pg_backend_pid() AND granted)::text
UNION ALL
SELECT topic, part, next, n, encode(chain, 'hex') FROM reading

-- transport: postgres. What stands in the partner's own database, made by its
-- administrator, once; running it again changes nothing. PostgreSQL 12 or later.
-- 在贵单位自己的数据库中由管理员执行一次, 重复执行无妨。
--
--   psql -X -v ON_ERROR_STOP=1 -d YOUR_DATABASE -f postgres.sql
--
-- Two roles, neither of which may log in or owns anything:
--   lianou_bus  what the adapter may: write events, read answers, say what became of them
--   lianou_app  what your own program may: read events, say that it has them, give answers
-- Give each to an account 分别授予登录账户:
--   CREATE ROLE lianou LOGIN PASSWORD '...' IN ROLE lianou_bus;
--   GRANT lianou_app TO your_program;
BEGIN;
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'lianou_bus') THEN
        CREATE ROLE lianou_bus NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'lianou_app') THEN
        CREATE ROLE lianou_app NOLOGIN;
    END IF;
END $$;
CREATE SCHEMA IF NOT EXISTS lianou;

-- Events for you. Set taken_at when one is safe in your system; leave rows for a
-- day at least: what is gone could be written once more. 取走的填 taken_at, 行至少保留一天。
CREATE TABLE IF NOT EXISTS lianou.inbox (
    event_id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    document jsonb NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    taken_at timestamptz
);
CREATE INDEX IF NOT EXISTS inbox_waits ON lianou.inbox (number) WHERE taken_at IS NULL;

-- Answers from you. key is yours, so that your own second try is no second row.
-- key 由贵单位定, 重试不会成为第二行。
CREATE TABLE IF NOT EXISTS lianou.outbox (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text UNIQUE,
    document jsonb NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'taken', 'rejected')),
    settled_at timestamptz,
    result jsonb
);
CREATE INDEX IF NOT EXISTS outbox_waits ON lianou.outbox (number) WHERE state = 'new';

-- Each side is woken; without these it looks by itself. 有新行时通知对方; 没有通知则定时查看。
CREATE OR REPLACE FUNCTION lianou.wake() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_notify('lianou_' || TG_TABLE_NAME, '');
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS wake ON lianou.inbox;
CREATE TRIGGER wake AFTER INSERT ON lianou.inbox
    FOR EACH STATEMENT EXECUTE FUNCTION lianou.wake();
DROP TRIGGER IF EXISTS wake ON lianou.outbox;
CREATE TRIGGER wake AFTER INSERT ON lianou.outbox
    FOR EACH STATEMENT EXECUTE FUNCTION lianou.wake();

REVOKE ALL ON SCHEMA lianou FROM PUBLIC;
REVOKE ALL ON lianou.inbox, lianou.outbox FROM PUBLIC;
REVOKE ALL ON FUNCTION lianou.wake() FROM PUBLIC;
GRANT USAGE ON SCHEMA lianou TO lianou_bus, lianou_app;
GRANT SELECT, INSERT (event_id, document) ON lianou.inbox TO lianou_bus;
GRANT SELECT, UPDATE (state, settled_at, result) ON lianou.outbox TO lianou_bus;
GRANT SELECT, UPDATE (taken_at) ON lianou.inbox TO lianou_app;
GRANT SELECT, INSERT (key, document) ON lianou.outbox TO lianou_app;
COMMIT;

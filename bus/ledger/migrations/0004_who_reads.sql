-- Who may come in, and who has read what.
CREATE TABLE account (
    name        text        PRIMARY KEY,
    operator_id text        NOT NULL UNIQUE, -- of the register: one person, one account (S41)
    hash        text        NOT NULL,        -- Argon2id, with its salt and cost
    disabled    boolean     NOT NULL DEFAULT false,
    failures    int         NOT NULL DEFAULT 0,
    retry_at    timestamptz NOT NULL DEFAULT now(),
    made_at     timestamptz NOT NULL DEFAULT now(),
    changed_at  timestamptz NOT NULL DEFAULT now(), -- sessions made before have ended
    last_login  timestamptz
);
CREATE TABLE account_session (
    token_hash bytea       PRIMARY KEY, -- SHA-256; the token itself is nowhere
    account    text        NOT NULL REFERENCES account,
    made_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX account_session_by_end ON account_session (expires_at);

-- Every read of personal data. Rows are only ever added; each holds the SM3 of
-- the one before and of itself (bus/web/reads.h), the head the newest.
CREATE TABLE read_log (
    n       bigint PRIMARY KEY,
    at      text   NOT NULL, -- as it was hashed
    who     text   NOT NULL,
    via     text   NOT NULL,
    purpose text   NOT NULL,
    record  text   NOT NULL,
    fields  text   NOT NULL,
    chain   bytea  NOT NULL
);
CREATE TABLE read_log_head (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    n     bigint  NOT NULL,
    chain bytea   NOT NULL
);
INSERT INTO read_log_head (n, chain) VALUES (0, decode(repeat('00', 32), 'hex'));
CREATE FUNCTION read_log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'read_log only grows';
END $$;
CREATE TRIGGER read_log_rows BEFORE UPDATE OR DELETE ON read_log
    FOR EACH ROW EXECUTE FUNCTION read_log_only_grows();
CREATE TRIGGER read_log_whole BEFORE TRUNCATE ON read_log
    FOR EACH STATEMENT EXECUTE FUNCTION read_log_only_grows();

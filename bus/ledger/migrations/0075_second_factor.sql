-- The second factor of an account (RFC 6238): its secret, sealed by keys.accounts,
-- and what is there for who has lost it.
CREATE TABLE account_factor (
    account   text        NOT NULL REFERENCES account,
    ready     boolean     NOT NULL, -- false: shown, and not confirmed by a code yet
    id        uuid        NOT NULL, -- what the seal is bound to, with the account
    sealed    bytea       NOT NULL,
    used_step bigint      NOT NULL DEFAULT 0, -- of the newest code that was accepted: each once
    made_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account, ready)
);
CREATE TABLE account_recovery (
    account text  NOT NULL REFERENCES account,
    hash    bytea NOT NULL CHECK (length(hash) = 32), -- SHA-256; the code itself is nowhere
    used_at timestamptz,
    PRIMARY KEY (account, hash)
);
-- What was done with an account, by whom and why. Rows are only ever added.
CREATE TABLE account_act (
    n        bigserial   PRIMARY KEY,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    account  text        NOT NULL REFERENCES account,
    act      text        NOT NULL CHECK (act IN ('factor', 'recovery', 'reset')),
    operator text        NOT NULL CHECK (operator <> ''),
    why      text        NOT NULL DEFAULT '',
    CHECK (act <> 'reset' OR why <> '')
);
CREATE TRIGGER account_act_rows BEFORE UPDATE OR DELETE ON account_act
    FOR EACH ROW EXECUTE FUNCTION treasury_only_grows();
CREATE TRIGGER account_act_whole BEFORE TRUNCATE ON account_act
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_only_grows();
-- Nobody takes away his own.
CREATE FUNCTION account_reset_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.act = 'reset' AND EXISTS (SELECT FROM account WHERE name = NEW.account AND operator_id = NEW.operator) THEN
        RAISE EXCEPTION 'the second factor of % is reset by another person', NEW.account
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_reset_by_another';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER account_act_reset BEFORE INSERT ON account_act
    FOR EACH ROW EXECUTE FUNCTION account_reset_by_another();

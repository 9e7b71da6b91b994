-- What its owner is shown of a session. It goes with the row: nothing is kept of
-- one that has ended.
ALTER TABLE account_session
    ADD n       bigint      GENERATED ALWAYS AS IDENTITY UNIQUE, -- what it is called; opens nothing
    ADD seen_at timestamptz NOT NULL DEFAULT date_trunc('minute', clock_timestamp()), -- to the minute
    ADD address text        NOT NULL DEFAULT '', -- IPv6: its /64
    ADD program text        NOT NULL DEFAULT ''; -- a family (bus/web/program.h), never the header
CREATE INDEX account_session_by_account ON account_session (account);

ALTER TABLE account_act
    DROP CONSTRAINT account_act_act_check,
    ADD CONSTRAINT account_act_act_check CHECK (act IN ('factor', 'recovery', 'reset', 'password', 'end')),
    ADD CONSTRAINT account_act_end_why CHECK (act <> 'end' OR why <> '');
-- Nobody ends his own with another's reason: on his page he needs none.
CREATE OR REPLACE FUNCTION account_reset_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.act IN ('reset', 'end') AND
       EXISTS (SELECT FROM account WHERE name = NEW.account AND operator_id = NEW.operator) THEN
        RAISE EXCEPTION '% of % is done by another person', NEW.act, NEW.account
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_reset_by_another';
    END IF;
    RETURN NEW;
END $$;

-- A new password of who has shown the old one (was: its hash, as it was looked at):
-- all his sessions end, and it is written down. The one way to a password of who
-- may not write to account; SECURITY DEFINER, for that.
CREATE FUNCTION account_renew(who text, was text, fresh text)
    RETURNS TABLE (name_of text, operator_of text, changed timestamptz) LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    UPDATE account AS a SET hash = fresh, failures = 0, retry_at = now(), last_login = now(), changed_at = clock_timestamp()
    WHERE a.name = who AND a.hash = was AND NOT a.disabled RETURNING a.name, a.operator_id, a.changed_at
    INTO name_of, operator_of, changed;
    IF FOUND THEN
        DELETE FROM account_session AS s WHERE s.account = who;
        INSERT INTO account_act (account, act, operator) VALUES (who, 'password', operator_of);
        RETURN NEXT;
    END IF;
END $$;
DO $$
BEGIN -- nobody's temporary table stands before the one that is meant
    EXECUTE format('ALTER FUNCTION account_renew(text, text, text) SET search_path = %I, pg_temp', current_schema());
END $$;
REVOKE ALL ON FUNCTION account_renew(text, text, text) FROM PUBLIC;

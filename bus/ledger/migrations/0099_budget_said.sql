-- A fund's money, said by one and agreed to by another: only then is it booked.
CREATE TABLE budget_said (
    n          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    fund       text        NOT NULL CHECK (fund <> ''),
    amount_fen bigint      NOT NULL CHECK (amount_fen <> 0), -- below zero: taken away
    why        text        NOT NULL CHECK (why <> ''),
    said_by    text        NOT NULL CHECK (said_by <> ''),
    said_at    timestamptz NOT NULL DEFAULT now(),
    agreed     boolean,    -- NULL: open; false: dropped
    ended_by   text,
    ended_at   timestamptz,
    CHECK ((agreed IS NULL) = (ended_by IS NULL) AND (agreed IS NULL) = (ended_at IS NULL)),
    CONSTRAINT budget_agreed_by_another CHECK (agreed IS NOT TRUE OR ended_by <> said_by)
);
CREATE INDEX budget_said_open ON budget_said (n) WHERE agreed IS NULL;
CREATE TRIGGER budget_said_rows BEFORE DELETE ON budget_said
    FOR EACH ROW EXECUTE FUNCTION treasury_only_grows();
CREATE TRIGGER budget_said_whole BEFORE TRUNCATE ON budget_said
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_only_grows();
CREATE TRIGGER budget_said_stays BEFORE UPDATE ON budget_said
    FOR EACH ROW WHEN (OLD.agreed IS NOT NULL OR (OLD.n, OLD.fund, OLD.amount_fen, OLD.why, OLD.said_by, OLD.said_at)
                       IS DISTINCT FROM (NEW.n, NEW.fund, NEW.amount_fen, NEW.why, NEW.said_by, NEW.said_at))
    EXECUTE FUNCTION treasury_only_grows();

-- Deadlines (consumers/clock): what is to be done until when, by whom, as the
-- ledger's events say it. What opens and what closes one may be read in any
-- order: the later of the two counts. No clock is asked here.
CREATE TABLE deadline (
    rule         text NOT NULL CHECK (rule <> ''), -- consumers/clock/rules/<rule>.sql
    about        uuid NOT NULL,
    household_id uuid NOT NULL,
    case_id      uuid,
    item         text NOT NULL DEFAULT '',
    whose        text NOT NULL DEFAULT '', -- department or partner
    due_day      date,
    opened_at    timestamptz,
    closed_at    timestamptz,
    stage        text NOT NULL CHECK (stage IN ('open', 'soon', 'overdue', 'escalated', 'done')),
    next_day     date, -- on which the next stage is told; NULL: none
    PRIMARY KEY (rule, about),
    CHECK (stage <> 'done' OR next_day IS NULL)
);
CREATE INDEX deadline_next ON deadline (next_day, rule, about) WHERE next_day IS NOT NULL;

CREATE FUNCTION clock_opens(of_rule text, of_about uuid, household uuid, of_case uuid, of_item text, of_whose text, due date,
                            at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO deadline AS d (rule, about, household_id, case_id, item, whose, due_day, opened_at, stage, next_day)
    VALUES (of_rule, of_about, household, of_case, of_item, of_whose, due, at, 'open', due - 3)
    ON CONFLICT (rule, about) DO UPDATE SET household_id = excluded.household_id, case_id = excluded.case_id,
        item = excluded.item, whose = excluded.whose, due_day = excluded.due_day, opened_at = excluded.opened_at,
        stage = CASE WHEN d.closed_at >= excluded.opened_at THEN 'done'
                     WHEN d.stage <> 'done' AND d.due_day = excluded.due_day THEN d.stage ELSE 'open' END,
        next_day = CASE WHEN d.closed_at >= excluded.opened_at THEN NULL
                        WHEN d.stage <> 'done' AND d.due_day = excluded.due_day THEN d.next_day ELSE excluded.due_day - 3 END
    WHERE d.opened_at IS NULL OR excluded.opened_at >= d.opened_at
$$;
CREATE FUNCTION clock_closes(of_rule text, of_about uuid, household uuid, at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO deadline AS d (rule, about, household_id, closed_at, stage) VALUES (of_rule, of_about, household, at, 'done')
    ON CONFLICT (rule, about) DO UPDATE SET closed_at = greatest(d.closed_at, excluded.closed_at),
        stage = CASE WHEN d.opened_at > excluded.closed_at THEN d.stage ELSE 'done' END,
        next_day = CASE WHEN d.opened_at > excluded.closed_at THEN d.next_day END
$$;

-- How far the clock has read the ledger, and the last day that it has told of:
-- days are told one after the other, each once.
CREATE TABLE clock_reading (
    topic text   NOT NULL, -- without the prefix
    part  int    NOT NULL,
    next  bigint NOT NULL,
    PRIMARY KEY (topic, part)
);
CREATE TABLE clock_day (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    day date NOT NULL
);
CREATE FUNCTION clock_day_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.day <> OLD.day AND NEW.day <> OLD.day + 1 THEN
        RAISE EXCEPTION 'the day after % is not %', OLD.day, NEW.day
            USING ERRCODE = 'check_violation', CONSTRAINT = 'clock_day_moves';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER clock_day_moves BEFORE UPDATE ON clock_day FOR EACH ROW EXECUTE FUNCTION clock_day_moves();

-- Whose what leaves is: each role relays its own.
ALTER TABLE outbox ADD owner text NOT NULL DEFAULT 'treasury';
DROP INDEX outbox_waiting;
CREATE INDEX outbox_waiting ON outbox (owner, id) WHERE sent_at IS NULL;
CREATE INDEX award_until ON award (until) WHERE state <> 'ended';

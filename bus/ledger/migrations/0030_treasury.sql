-- Money that is paid every period (consumers/treasury). What must never happen
-- is a constraint here, whoever writes: a period paid twice, money out of
-- nothing, a line in two batches, a batch that changed after it was approved.
-- Amounts are fen, days are days in China.

CREATE TABLE fund (
    code       text PRIMARY KEY CHECK (code <> ''),
    blocked_by text -- why no batch of it is prepared; NULL: nothing
);

-- What was granted: one row a decision that pays every period.
CREATE TABLE award (
    assignment_id uuid   PRIMARY KEY,
    decision_id   uuid   NOT NULL,
    household_id  uuid   NOT NULL,
    case_id       uuid   NOT NULL,
    event_id      uuid   NOT NULL, -- the decision's on `cases`; binds `personal`
    item          text   NOT NULL CHECK (item <> ''),
    beneficiary   uuid   NOT NULL,
    purpose       text   NOT NULL CHECK (purpose <> ''),
    fund          text   NOT NULL REFERENCES fund,
    bank          text   NOT NULL CHECK (bank <> ''),
    amount_fen    bigint NOT NULL CHECK (amount_fen > 0), -- a period
    period        text   NOT NULL CHECK (period IN ('once', 'month', 'quarter', 'term', 'year')),
    day_off       text   NOT NULL CHECK (day_off IN ('after', 'before')),
    pay_day       int    NOT NULL CHECK (pay_day BETWEEN 0 AND 31), -- 0: the item names none
    from_month    int    NOT NULL CHECK (from_month BETWEEN 22800 AND 108000), -- year * 12 + month - 1
    decided       date   NOT NULL,
    until         date,            -- the last day of it; NULL: until somebody ends it
    state         text   NOT NULL CHECK (state IN ('live', 'waiting', 'ended')),
    note          text   NOT NULL DEFAULT '', -- why it waits or has ended
    next_line     int    NOT NULL DEFAULT 0 CHECK (next_line >= 0),
    next_pay      date,            -- no line is to be made before; NULL: none any more
    payee_hash    bytea  NOT NULL CHECK (length(payee_hash) = 16),
    personal      bytea  NOT NULL -- sealed for `dispatch`, as it came
);
-- A decision about the same again takes the place of the one before.
CREATE UNIQUE INDEX award_one ON award (item, beneficiary, purpose) WHERE state <> 'ended';
CREATE INDEX award_by_household ON award (household_id);
CREATE INDEX award_next ON award (next_pay) WHERE state <> 'ended';

-- What one beneficiary gets of one item for one period.
CREATE TABLE due_line (
    line_id       uuid   PRIMARY KEY,
    assignment_id uuid   NOT NULL REFERENCES award,
    item          text   NOT NULL,
    beneficiary   uuid   NOT NULL,
    period        text   NOT NULL CHECK (period <> ''),
    purpose       text   NOT NULL,
    fund          text   NOT NULL REFERENCES fund,
    bank          text   NOT NULL CHECK (bank <> ''),
    amount_fen    bigint NOT NULL CHECK (amount_fen > 0),
    first_day     date   NOT NULL,
    last_day      date   NOT NULL CHECK (last_day >= first_day),
    pay_day       date   NOT NULL,
    back          boolean NOT NULL,
    state         text   NOT NULL DEFAULT 'due',
    attempt       int    NOT NULL DEFAULT 0 CHECK (attempt BETWEEN 0 AND 2), -- orders so far: paid once more, not for ever
    reason        text   NOT NULL DEFAULT '', -- of the state
    owed_fen      bigint NOT NULL DEFAULT 0 CHECK (owed_fen BETWEEN 0 AND amount_fen), -- is claimed back
    UNIQUE (item, beneficiary, period, purpose) -- never twice, over batches, banks and decisions
);
CREATE INDEX due_line_open ON due_line (pay_day, bank, fund) WHERE state = 'due';
CREATE INDEX due_line_by_award ON due_line (assignment_id);

-- The moves there are, as consumers/treasury/states.c has them; a test compares.
CREATE TABLE treasury_move (
    machine text NOT NULL,
    was     text NOT NULL,
    event   text NOT NULL,
    becomes text NOT NULL,
    PRIMARY KEY (machine, was, event)
);
INSERT INTO treasury_move VALUES
    ('line', 'due', 'send', 'sent'), ('line', 'due', 'stop', 'stopped'),
    ('line', 'sent', 'settle', 'settled'), ('line', 'sent', 'reject', 'rejected'),
    ('line', 'sent', 'return', 'returned'), ('line', 'settled', 'return', 'returned'),
    ('line', 'settled', 'repay', 'repaid'), ('line', 'rejected', 'again', 'due'),
    ('line', 'returned', 'again', 'due'), ('line', 'rejected', 'stop', 'stopped'),
    ('line', 'returned', 'stop', 'stopped'), ('line', 'stopped', 'resume', 'due'),
    ('batch', 'prepared', 'approve', 'approved_once'), ('batch', 'approved_once', 'approve', 'approved_twice'),
    ('batch', 'prepared', 'change', 'prepared'), ('batch', 'approved_once', 'change', 'prepared'),
    ('batch', 'approved_twice', 'change', 'prepared'), ('batch', 'prepared', 'withdraw', 'withdrawn'),
    ('batch', 'approved_once', 'withdraw', 'withdrawn'), ('batch', 'approved_twice', 'withdraw', 'withdrawn'),
    ('batch', 'approved_twice', 'send', 'sent'), ('batch', 'sent', 'acknowledge', 'acknowledged'),
    ('batch', 'acknowledged', 'settle_part', 'part_settled'), ('batch', 'acknowledged', 'settle_all', 'settled'),
    ('batch', 'part_settled', 'settle_part', 'part_settled'), ('batch', 'part_settled', 'settle_all', 'settled'),
    ('batch', 'settled', 'close', 'closed');

CREATE FUNCTION treasury_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> TG_ARGV[1] THEN
            RAISE EXCEPTION 'a new % begins as %, not as %', TG_ARGV[0], TG_ARGV[1], NEW.state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'treasury_move';
        END IF;
    ELSIF OLD.state <> NEW.state AND NOT EXISTS (SELECT FROM treasury_move m
            WHERE m.machine = TG_ARGV[0] AND m.was = OLD.state AND m.becomes = NEW.state) THEN
        RAISE EXCEPTION 'a % does not go from % to %', TG_ARGV[0], OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'treasury_move';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER due_line_moves BEFORE INSERT OR UPDATE OF state ON due_line
    FOR EACH ROW EXECUTE FUNCTION treasury_moves('line', 'due');

-- Lines of one bank, fund and pay day that leave together. Prepared by one,
-- approved by two others: three names, none of them twice.
CREATE TABLE batch (
    batch_id        uuid   PRIMARY KEY,
    bank            text   NOT NULL CHECK (bank <> ''),
    fund            text   NOT NULL REFERENCES fund,
    pay_day         date   NOT NULL,
    number          int    NOT NULL CHECK (number >= 0),
    state           text   NOT NULL DEFAULT 'prepared',
    lines           int    NOT NULL CHECK (lines >= 0),
    total_fen       bigint NOT NULL CHECK (total_fen >= 0),
    sm3             bytea  NOT NULL CHECK (length(sm3) = 32), -- over its lines (consumers/treasury/batch_sum.h)
    prepared_by     text   NOT NULL CHECK (prepared_by <> ''),
    approved_first  text   CHECK (approved_first <> '' AND approved_first <> prepared_by),
    approved_second text   CHECK (approved_second <> '' AND approved_second <> prepared_by),
    made_at         timestamptz NOT NULL DEFAULT now(),
    sent_at         timestamptz,
    UNIQUE (bank, fund, pay_day, number),
    CHECK (approved_second <> approved_first),
    CONSTRAINT batch_approved CHECK (CASE state
        WHEN 'prepared' THEN approved_first IS NULL AND approved_second IS NULL
        WHEN 'approved_once' THEN approved_first IS NOT NULL AND approved_second IS NULL
        WHEN 'withdrawn' THEN true
        ELSE approved_first IS NOT NULL AND approved_second IS NOT NULL AND lines > 0 END)
);
CREATE TRIGGER batch_moves BEFORE INSERT OR UPDATE OF state ON batch
    FOR EACH ROW EXECUTE FUNCTION treasury_moves('batch', 'prepared');

-- An order: a line's try in a batch.
CREATE TABLE batch_line (
    batch_id   uuid   NOT NULL REFERENCES batch,
    line_id    uuid   NOT NULL REFERENCES due_line,
    attempt    int    NOT NULL CHECK (attempt BETWEEN 1 AND 2),
    order_id   uuid   NOT NULL UNIQUE,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    state      text   NOT NULL DEFAULT 'due', -- of the order, in the line's words
    open       boolean NOT NULL DEFAULT true, -- not answered for good
    reference  text   NOT NULL DEFAULT '',    -- the bank's, of the answer that moved it
    decision_id uuid,                         -- that it follows from
    written    boolean NOT NULL DEFAULT false, -- stands in the outbox
    PRIMARY KEY (batch_id, line_id),
    UNIQUE (line_id, attempt)
);
CREATE UNIQUE INDEX batch_line_open ON batch_line (line_id) WHERE open; -- one open batch a line
CREATE INDEX batch_line_unwritten ON batch_line (batch_id) WHERE state = 'sent' AND NOT written;
CREATE TRIGGER batch_line_moves BEFORE INSERT OR UPDATE OF state ON batch_line
    FOR EACH ROW EXECUTE FUNCTION treasury_moves('line', 'due');

-- What was approved is what leaves: from the first approval on its lines stay.
CREATE FUNCTION treasury_batch_stands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_batch uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.batch_id ELSE NEW.batch_id END;
    at text := (SELECT state FROM batch WHERE batch_id = of_batch);
BEGIN
    IF at <> 'prepared' AND NOT (TG_OP = 'DELETE' AND at = 'withdrawn') THEN
        RAISE EXCEPTION 'batch % is %: its lines stay as they are', of_batch, at
            USING ERRCODE = 'check_violation', CONSTRAINT = 'batch_stands';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER batch_line_stands BEFORE INSERT OR DELETE OR UPDATE OF batch_id, line_id, attempt, order_id, amount_fen
    ON batch_line FOR EACH ROW EXECUTE FUNCTION treasury_batch_stands();
-- So is what a line is worth and where it goes, while it is in a batch or sent.
CREATE FUNCTION treasury_line_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'due' OR EXISTS (SELECT FROM batch_line l WHERE l.line_id = OLD.line_id AND l.open) THEN
        RAISE EXCEPTION 'line % is % or in a batch: amount, fund, bank and award stay', OLD.line_id, OLD.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'line_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER due_line_stands BEFORE UPDATE OF amount_fen, fund, bank, item, beneficiary, period, purpose ON due_line
    FOR EACH ROW WHEN ((OLD.amount_fen, OLD.fund, OLD.bank, OLD.item, OLD.beneficiary, OLD.period, OLD.purpose)
                       IS DISTINCT FROM
                       (NEW.amount_fen, NEW.fund, NEW.bank, NEW.item, NEW.beneficiary, NEW.period, NEW.purpose))
    EXECUTE FUNCTION treasury_line_stands();
-- A batch's own numbers are its lines': counted when the transaction ends.
CREATE FUNCTION treasury_batch_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_batch uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.batch_id ELSE NEW.batch_id END;
    b batch%ROWTYPE;
    counted int;
    added bigint;
    strange int;
BEGIN
    SELECT * INTO b FROM batch WHERE batch_id = of_batch;
    SELECT count(*), coalesce(sum(l.amount_fen), 0),
           count(*) FILTER (WHERE d.bank <> b.bank OR d.fund <> b.fund OR d.amount_fen <> l.amount_fen
                                  OR d.pay_day > b.pay_day)
        INTO counted, added, strange
        FROM batch_line l JOIN due_line d USING (line_id) WHERE l.batch_id = of_batch;
    IF b.state IN ('prepared', 'approved_once', 'approved_twice')
       AND (counted <> b.lines OR added <> b.total_fen OR strange > 0) THEN
        RAISE EXCEPTION 'batch % says % lines of % fen; it has % of %, % of another bank, fund, day or amount',
            of_batch, b.lines, b.total_fen, counted, added, strange
            USING ERRCODE = 'check_violation', CONSTRAINT = 'batch_adds_up';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER batch_adds_up AFTER INSERT OR UPDATE ON batch DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION treasury_batch_adds_up();

-- Double entry. A transaction is of one fund and sums to zero; what is there
-- stays. Accounts: grant (where money comes from; below zero), free, committed
-- (in a batch), transit (ordered), paid (settled, less what came back).
CREATE TABLE account_entry (
    n          bigserial PRIMARY KEY,
    txn        uuid   NOT NULL,
    fund       text   NOT NULL REFERENCES fund,
    account    text   NOT NULL CHECK (account IN ('grant', 'free', 'committed', 'transit', 'paid')),
    amount_fen bigint NOT NULL CHECK (amount_fen <> 0),
    kind       text   NOT NULL CHECK (kind IN ('budget', 'commit', 'release', 'send', 'settle', 'reject', 'return', 'repay')),
    day        date   NOT NULL,
    batch_id   uuid   REFERENCES batch,
    line_id    uuid   REFERENCES due_line,
    at         timestamptz NOT NULL DEFAULT now(),
    UNIQUE (txn, account) -- booked once, however often it is said
);
CREATE INDEX account_entry_by_day ON account_entry (fund, day);
CREATE FUNCTION treasury_sums_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    off bigint;
    funds int;
BEGIN
    SELECT sum(amount_fen), count(DISTINCT fund) INTO off, funds FROM account_entry WHERE txn = NEW.txn;
    IF off <> 0 OR funds <> 1 THEN
        RAISE EXCEPTION 'transaction % is off by % fen over % funds', NEW.txn, off, funds
            USING ERRCODE = 'check_violation', CONSTRAINT = 'sums_to_zero';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER account_entry_sums_to_zero AFTER INSERT ON account_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION treasury_sums_to_zero();

-- What each account has now. No money, no commitment: none but `grant` goes
-- below zero, and two who write at once wait for each other here.
CREATE TABLE fund_balance (
    fund    text   NOT NULL REFERENCES fund,
    account text   NOT NULL,
    fen     bigint NOT NULL,
    PRIMARY KEY (fund, account),
    CONSTRAINT fund_has_money CHECK (account = 'grant' OR fen >= 0)
);
-- SECURITY DEFINER: whoever books has no right to write balances himself.
CREATE FUNCTION treasury_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO fund_balance AS b (fund, account, fen)
        SELECT fund, account, 0 FROM made GROUP BY fund, account ORDER BY fund, account
        ON CONFLICT DO NOTHING;
    UPDATE fund_balance b SET fen = b.fen + m.fen
        FROM (SELECT fund, account, sum(amount_fen) AS fen FROM made GROUP BY fund, account) m
        WHERE b.fund = m.fund AND b.account = m.account;
    RETURN NULL;
END $$;
CREATE TRIGGER account_entry_balance AFTER INSERT ON account_entry REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_balance();

-- Who did what: a row for every action, by name.
CREATE TABLE treasury_act (
    n             bigserial PRIMARY KEY,
    at            timestamptz NOT NULL DEFAULT now(),
    operator      text NOT NULL CHECK (operator <> ''), -- of the register; 'treasury': the role itself
    act           text NOT NULL CHECK (act <> ''),
    fund          text,
    batch_id      uuid,
    line_id       uuid,
    assignment_id uuid,
    amount_fen    bigint,
    note          text NOT NULL DEFAULT ''
);
CREATE FUNCTION treasury_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'check_violation', CONSTRAINT = 'only_grows';
END $$;
CREATE TRIGGER account_entry_rows BEFORE UPDATE OR DELETE ON account_entry
    FOR EACH ROW EXECUTE FUNCTION treasury_only_grows();
CREATE TRIGGER account_entry_whole BEFORE TRUNCATE ON account_entry
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_only_grows();
CREATE TRIGGER treasury_act_rows BEFORE UPDATE OR DELETE ON treasury_act
    FOR EACH ROW EXECUTE FUNCTION treasury_only_grows();
CREATE TRIGGER treasury_act_whole BEFORE TRUNCATE ON treasury_act
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_only_grows();

-- Orders that dispatch has sent: an answer to one of them is not for here.
CREATE TABLE order_elsewhere (
    order_id uuid PRIMARY KEY
);

-- Every answer of a bank, and its end (consumers/treasury/answers.c).
CREATE TABLE bank_answer (
    event_id   uuid   PRIMARY KEY, -- the same answer is one, however often it comes
    order_id   uuid   NOT NULL,
    bank       text   NOT NULL,
    outcome    text   NOT NULL,
    amount_fen bigint NOT NULL,
    reason     text   NOT NULL,
    value_day  date   NOT NULL,
    reference  text   NOT NULL,
    ended      text   NOT NULL,
    fund       text   REFERENCES fund, -- NULL: of no order of ours
    came_at    timestamptz NOT NULL DEFAULT now(),
    looked_by  text CHECK (looked_by <> '') -- who has looked at what people must look at
);
CREATE INDEX bank_answer_by_order ON bank_answer (order_id);
CREATE INDEX bank_answer_open ON bank_answer (fund) WHERE looked_by IS NULL AND ended NOT IN ('TAKEN', 'DOUBLED', 'LATE');

-- Somebody no longer lives in a household: said on its own topic, and held by
-- the matcher against who may say it. It has an effect when both are known.
CREATE TABLE life_change (
    event_id     uuid PRIMARY KEY,
    household_id uuid,
    kind         text,
    from_day     date,
    accepted     boolean NOT NULL DEFAULT false, -- by the matcher
    of_head      boolean NOT NULL DEFAULT false,
    ended        uuid[] NOT NULL DEFAULT '{}', -- assignments of awards that ended by it
    done         boolean NOT NULL DEFAULT false
);

-- How far the treasury has read; written with what it made of it.
CREATE TABLE treasury_reading (
    topic text   NOT NULL, -- without the prefix
    part  int    NOT NULL,
    next  bigint NOT NULL,
    PRIMARY KEY (topic, part)
);

-- What leaves is relayed under ids of its own, so that it may be sent again.
ALTER TABLE outbox ADD event_id uuid UNIQUE, ADD ce_type text NOT NULL DEFAULT '', ADD household_id uuid,
    ADD case_id uuid, ADD cause_id uuid, ADD occurred_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX outbox_waiting ON outbox (id) WHERE sent_at IS NULL;

-- Each fund, day by day: opening + movements = closing. `spent` is what a bank
-- has paid, `back` what came back of it.
CREATE VIEW fund_day AS
WITH moved AS (
    SELECT fund, day,
           coalesce(sum(amount_fen) FILTER (WHERE kind = 'budget' AND account = 'free'), 0)::bigint AS budget,
           coalesce(sum(amount_fen) FILTER (WHERE kind = 'settle' AND account = 'paid'), 0)::bigint AS spent,
           -coalesce(sum(amount_fen) FILTER (WHERE kind IN ('return', 'repay') AND account = 'paid'), 0)::bigint AS back
    FROM account_entry GROUP BY fund, day
), closed AS (
    SELECT fund, day, budget, spent, back,
           (sum(budget - spent + back) OVER (PARTITION BY fund ORDER BY day))::bigint AS closing
    FROM moved
)
SELECT fund, day, (closing - budget + spent - back)::bigint AS opening, budget, spent, back, closing FROM closed;

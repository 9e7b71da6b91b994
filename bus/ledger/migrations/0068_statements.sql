-- What a bank says of a fund's account: each statement once, in an unbroken
-- row, each of its entries held against the books to the fen.

CREATE TABLE statement (
    n           bigserial PRIMARY KEY,
    bank        text   NOT NULL CHECK (bank <> ''),
    fund        text   NOT NULL REFERENCES fund,
    name        text   NOT NULL CHECK (name <> ''), -- the bank's own of it
    number      bigint CHECK (number >= 0),         -- in a row of statements; NULL: the bank counts none
    first_day   date   NOT NULL,
    closing_day date   NOT NULL CHECK (closing_day >= first_day),
    opening_fen bigint NOT NULL,
    moved_fen   bigint NOT NULL,
    closing_fen bigint NOT NULL CHECK (closing_fen = opening_fen + moved_fen),
    lines       int    NOT NULL CHECK (lines >= 0),
    content     bytea  NOT NULL CHECK (length(content) = 32), -- SM3 over balances and entries
    file        bytea  NOT NULL CHECK (length(file) = 32),    -- SM3 of the file it came in
    operator    text   NOT NULL CHECK (operator <> ''),
    at          timestamptz NOT NULL DEFAULT now(),
    follows     bigint UNIQUE REFERENCES statement,           -- the one before; NULL: the first
    UNIQUE (bank, fund, name)
);
CREATE UNIQUE INDEX statement_first ON statement (bank, fund) WHERE follows IS NULL;

CREATE TABLE statement_line (
    statement  bigint NOT NULL REFERENCES statement DEFERRABLE INITIALLY DEFERRED,
    n          int    NOT NULL CHECK (n > 0),
    amount_fen bigint NOT NULL CHECK (amount_fen <> 0), -- below zero: it left the account
    day        date   NOT NULL,
    order_id   uuid,                    -- as the bank has it; NULL: it names none
    reference  text   NOT NULL,         -- the bank's
    wanted     uuid GENERATED ALWAYS AS -- what of the books this would be, as book.sql names it
        (md5(CASE WHEN amount_fen < 0 THEN 'settle ' ELSE 'return ' END || order_id::text)::uuid) STORED,
    txn        uuid UNIQUE,             -- what of the books it is; NULL: nothing yet
    PRIMARY KEY (statement, n)
);
CREATE INDEX statement_line_open ON statement_line (statement) WHERE txn IS NULL;
CREATE INDEX statement_line_wanted ON statement_line (wanted) WHERE txn IS NULL;

CREATE TRIGGER statement_rows BEFORE UPDATE OR DELETE ON statement
    FOR EACH ROW EXECUTE FUNCTION treasury_only_grows();
CREATE TRIGGER statement_whole BEFORE TRUNCATE ON statement
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_only_grows();
CREATE TRIGGER statement_line_rows BEFORE DELETE ON statement_line
    FOR EACH ROW EXECUTE FUNCTION treasury_only_grows();
CREATE TRIGGER statement_line_stays BEFORE UPDATE ON statement_line
    FOR EACH ROW WHEN (OLD.txn IS NOT NULL OR (OLD.statement, OLD.n, OLD.amount_fen, OLD.day, OLD.order_id, OLD.reference)
                       IS DISTINCT FROM (NEW.statement, NEW.n, NEW.amount_fen, NEW.day, NEW.order_id, NEW.reference))
    EXECUTE FUNCTION treasury_only_grows();
CREATE TRIGGER statement_line_whole BEFORE TRUNCATE ON statement_line
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_only_grows();
-- Opening + movements = closing, and it opens with what the one before closed.
CREATE FUNCTION statement_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    counted int;
    added bigint;
    before bigint;
BEGIN
    SELECT count(*), coalesce(sum(amount_fen), 0) INTO counted, added FROM statement_line WHERE statement = NEW.n;
    SELECT closing_fen INTO before FROM statement WHERE n = NEW.follows AND (bank, fund) = (NEW.bank, NEW.fund);
    IF (counted, added) <> (NEW.lines, NEW.moved_fen) OR (NEW.follows IS NOT NULL AND before IS DISTINCT FROM NEW.opening_fen) THEN
        RAISE EXCEPTION 'statement % says % lines of % fen after %, it has % of % after %', NEW.n, NEW.lines, NEW.moved_fen,
            NEW.opening_fen, counted, added, before
            USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_adds_up';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER statement_adds_up AFTER INSERT ON statement DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_adds_up();

-- What is the bank's alone: fees, interest, what it did wrong. Such money goes
-- to or comes from `bank`, which may be below zero.
ALTER TABLE account_entry DROP CONSTRAINT account_entry_account_check;
ALTER TABLE account_entry ADD CONSTRAINT account_entry_account_check
    CHECK (account IN ('grant', 'free', 'committed', 'transit', 'paid', 'bank'));
ALTER TABLE account_entry DROP CONSTRAINT account_entry_kind_check;
ALTER TABLE account_entry ADD CONSTRAINT account_entry_kind_check
    CHECK (kind IN ('budget', 'commit', 'release', 'send', 'settle', 'reject', 'return', 'repay', 'fee', 'interest', 'other'));
ALTER TABLE fund_balance DROP CONSTRAINT fund_has_money;
ALTER TABLE fund_balance ADD CONSTRAINT fund_has_money CHECK (account IN ('grant', 'bank') OR fen >= 0);

-- An answer that comes after the statement finds its line.
CREATE FUNCTION statement_finds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE statement_line l SET txn = m.txn
        FROM made m
        WHERE m.account = 'paid' AND m.kind IN ('settle', 'return') AND l.amount_fen = -m.amount_fen
          AND NOT EXISTS (SELECT FROM statement_line x WHERE x.txn = m.txn)
          AND (l.statement, l.n) = (SELECT x.statement, x.n FROM statement_line x JOIN statement s ON s.n = x.statement
                                    WHERE x.wanted = m.txn AND x.txn IS NULL AND s.fund = m.fund AND x.amount_fen = -m.amount_fen
                                    ORDER BY 1, 2 LIMIT 1);
    RETURN NULL;
END $$;
CREATE TRIGGER account_entry_finds AFTER INSERT ON account_entry REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION statement_finds();

-- What two persons say of a difference: the first why, the second that it is so.
-- `accepted`: the bank does not have it, and nothing is booked.
CREATE TABLE difference_look (
    name      text PRIMARY KEY CHECK (name <> ''), -- as fund_difference has it
    fund      text NOT NULL REFERENCES fund,
    kind      text NOT NULL CHECK (kind IN ('fee', 'interest', 'other', 'accepted')),
    why       text NOT NULL CHECK (why <> ''),
    first_by  text NOT NULL CHECK (first_by <> ''),
    second_by text CHECK (second_by <> '' AND second_by <> first_by),
    at        timestamptz NOT NULL DEFAULT now()
);

-- Where books and bank are not the same: one row each, named. amount_fen is as
-- a statement has it. Of the books: from the first statement's first day to
-- the newest one's last.
CREATE VIEW fund_difference AS
SELECT s.fund, l.statement || '/' || l.n AS name, l.day, l.amount_fen,
       CASE WHEN l.order_id IS NULL THEN 'NO_ORDER'
            WHEN b.order_id IS NULL THEN 'UNKNOWN_ORDER'
            WHEN EXISTS (SELECT FROM statement_line x WHERE x.txn = l.wanted) THEN 'TWICE'
            WHEN b.amount_fen <> abs(l.amount_fen) THEN 'AMOUNT_DIFFERS'
            WHEN t.fund <> s.fund THEN 'OTHER_FUND'
            ELSE 'ANSWER_MISSING' END AS reason,
       l.order_id, b.line_id, k.first_by
FROM statement_line l JOIN statement s ON s.n = l.statement
LEFT JOIN batch_line b ON b.order_id = l.order_id LEFT JOIN batch t USING (batch_id)
LEFT JOIN difference_look k ON k.name = l.statement || '/' || l.n
WHERE l.txn IS NULL
UNION ALL
SELECT e.fund, e.txn::text, e.day, -e.amount_fen, 'NOT_AT_BANK', NULL, e.line_id, k.first_by
FROM account_entry e
JOIN (SELECT fund, min(first_day) AS since, max(closing_day) AS until FROM statement GROUP BY fund) s ON s.fund = e.fund
LEFT JOIN difference_look k ON k.name = e.txn::text
WHERE e.account = 'paid' AND e.day BETWEEN s.since AND s.until AND k.second_by IS NULL
  AND NOT EXISTS (SELECT FROM statement_line l WHERE l.txn = e.txn);

-- Files of a bank that were refused: a person looks, or they are taken later.
CREATE TABLE bank_file_look (
    n         bigint PRIMARY KEY REFERENCES bank_file,
    looked_by text NOT NULL CHECK (looked_by <> ''),
    why       text NOT NULL CHECK (why <> ''),
    at        timestamptz NOT NULL DEFAULT now()
);
CREATE VIEW bank_file_waiting AS
SELECT f.n, f.at, f.bank, f.operator, f.kind, f.reason, encode(f.sm3, 'hex') AS sm3 FROM bank_file f
WHERE f.ended = 'REFUSED' AND NOT EXISTS (SELECT FROM bank_file_look k WHERE k.n = f.n)
  AND NOT EXISTS (SELECT FROM bank_file t WHERE t.ended = 'TAKEN' AND t.bank = f.bank AND t.sm3 = f.sm3)
  AND NOT EXISTS (SELECT FROM bank_file t WHERE t.ended = 'REFUSED' AND t.bank = f.bank AND t.sm3 = f.sm3 AND t.n > f.n);

CREATE OR REPLACE VIEW fund_board AS
SELECT f.code, -coalesce((SELECT fen FROM fund_balance b WHERE b.fund = f.code AND account = 'grant'), 0)::bigint AS budget_fen,
       coalesce((SELECT fen FROM fund_balance b WHERE b.fund = f.code AND account = 'free'), 0)::bigint AS free_fen,
       coalesce((SELECT sum(fen) FROM fund_balance b WHERE b.fund = f.code AND account IN ('committed', 'transit')), 0)::bigint
           AS committed_fen,
       coalesce((SELECT sum(amount_fen) FROM account_entry e WHERE e.fund = f.code AND kind = 'settle' AND account = 'paid'),
                0)::bigint AS paid_fen,
       -coalesce((SELECT sum(amount_fen) FROM account_entry e WHERE e.fund = f.code AND kind IN ('return', 'repay')
                  AND account = 'paid'), 0)::bigint AS returned_fen,
       coalesce(f.blocked_by, '') AS blocked_by,
       (SELECT count(*) FROM bank_answer a WHERE a.fund = f.code AND looked_by IS NULL
        AND ended NOT IN ('TAKEN', 'DOUBLED', 'LATE')) AS disputes,
       (SELECT count(*) FROM fund_difference d WHERE d.fund = f.code) AS differences
FROM fund f;

-- `other`: fees and interest of the bank, below zero what they took.
CREATE OR REPLACE VIEW fund_day AS
WITH moved AS (
    SELECT fund, day,
           coalesce(sum(amount_fen) FILTER (WHERE kind = 'budget' AND account = 'free'), 0)::bigint AS budget,
           coalesce(sum(amount_fen) FILTER (WHERE kind = 'settle' AND account = 'paid'), 0)::bigint AS spent,
           -coalesce(sum(amount_fen) FILTER (WHERE kind IN ('return', 'repay') AND account = 'paid'), 0)::bigint AS back,
           -coalesce(sum(amount_fen) FILTER (WHERE account = 'bank'), 0)::bigint AS other
    FROM account_entry GROUP BY fund, day
), closed AS (
    SELECT fund, day, budget, spent, back, other,
           (sum(budget - spent + back + other) OVER (PARTITION BY fund ORDER BY day))::bigint AS closing
    FROM moved
)
SELECT fund, day, (closing - budget + spent - back - other)::bigint AS opening, budget, spent, back, closing, other FROM closed;

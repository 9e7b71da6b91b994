-- Ten thousand lines of a batch: what is looked at for each row of money is
-- looked at once a statement, and what moves a row writes fewer indexes.

-- A transaction's entries come in one statement, and are held against each
-- other there.
DROP TRIGGER account_entry_sums_to_zero ON account_entry;
CREATE OR REPLACE FUNCTION treasury_sums_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    SELECT e.txn, sum(e.amount_fen) AS off, count(DISTINCT e.fund) AS funds INTO wrong
        FROM account_entry e WHERE e.txn IN (SELECT m.txn FROM made m)
        GROUP BY e.txn HAVING sum(e.amount_fen) <> 0 OR count(DISTINCT e.fund) <> 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'transaction % is off by % fen over % funds', wrong.txn, wrong.off, wrong.funds
            USING ERRCODE = 'check_violation', CONSTRAINT = 'sums_to_zero';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER account_entry_sums_to_zero AFTER INSERT ON account_entry REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_sums_to_zero();

-- So is that fund, batch and line are there. Entries only grow, and what they
-- name is never taken away, nor gets another name.
ALTER TABLE account_entry DROP CONSTRAINT account_entry_fund_fkey, DROP CONSTRAINT account_entry_batch_id_fkey,
    DROP CONSTRAINT account_entry_line_id_fkey;
CREATE FUNCTION treasury_entry_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM made m WHERE NOT EXISTS (SELECT FROM fund f WHERE f.code = m.fund)
               OR m.batch_id IS NOT NULL AND NOT EXISTS (SELECT FROM batch b WHERE b.batch_id = m.batch_id)
               OR m.line_id IS NOT NULL AND NOT EXISTS (SELECT FROM due_line d WHERE d.line_id = m.line_id)) THEN
        RAISE EXCEPTION 'an entry of a fund, batch or line that is not there'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'entry_names';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER account_entry_names AFTER INSERT ON account_entry REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_entry_names();
CREATE TRIGGER fund_stays BEFORE DELETE OR UPDATE OF code ON fund
    FOR EACH ROW EXECUTE FUNCTION treasury_only_grows();
CREATE TRIGGER batch_stays BEFORE DELETE OR UPDATE OF batch_id ON batch
    FOR EACH ROW EXECUTE FUNCTION treasury_only_grows();
CREATE TRIGGER due_line_stays BEFORE DELETE OR UPDATE OF line_id ON due_line
    FOR EACH ROW EXECUTE FUNCTION treasury_only_grows();

-- due_line_of_item says that its award is there, and more.
ALTER TABLE due_line DROP CONSTRAINT due_line_assignment_id_fkey;
-- Whether a line pays for its days stands in a column of its own: from due to
-- settled it stays, and the index that keeps days apart is not written again.
ALTER TABLE due_line ADD pays boolean GENERATED ALWAYS AS (state <> 'stopped') STORED;
ALTER TABLE due_line DROP CONSTRAINT due_line_days;
ALTER TABLE due_line ADD CONSTRAINT due_line_days EXCLUDE USING gist (
    int8range(hashtextextended(item || '/' || purpose || '/' || beneficiary::text, 1) >> 1,
              hashtextextended(item || '/' || purpose || '/' || beneficiary::text, 1) >> 1, '[]') WITH =,
    int8range(hashtextextended(item || '/' || purpose || '/' || beneficiary::text, 2) >> 1,
              hashtextextended(item || '/' || purpose || '/' || beneficiary::text, 2) >> 1, '[]') WITH =,
    daterange(first_day, last_day, '[]') WITH &&) WHERE (pays);
DROP INDEX due_line_once;
CREATE UNIQUE INDEX due_line_once ON due_line (item, beneficiary, purpose) WHERE period = 'once' AND pays;
ALTER TABLE due_line ADD is_due boolean GENERATED ALWAYS AS (state = 'due') STORED;
DROP INDEX due_line_open;
CREATE INDEX due_line_open ON due_line (pay_day, bank, fund) WHERE is_due;

-- The oldest batch's orders that are not in the outbox yet, in their order.
DROP INDEX batch_line_unwritten;
CREATE INDEX batch_line_unwritten ON batch_line (batch_id, line_id) WHERE open AND NOT written;
ALTER TABLE due_line SET (fillfactor = 60);
ALTER TABLE batch_line SET (fillfactor = 60);

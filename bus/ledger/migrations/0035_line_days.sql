-- A line is told apart by the days it pays for, not by what its period is
-- called: a quarter and a month of it, a year that begins in March and one
-- that begins in September, are never both paid. What was stopped pays for no
-- day, so a new decision may.
-- Two hashes stand for whom it is of, so that no extension is needed.
ALTER TABLE due_line DROP CONSTRAINT due_line_item_beneficiary_period_purpose_key;
ALTER TABLE due_line ADD CONSTRAINT due_line_days EXCLUDE USING gist (
    int8range(hashtextextended(item || '/' || purpose || '/' || beneficiary::text, 1) >> 1,
              hashtextextended(item || '/' || purpose || '/' || beneficiary::text, 1) >> 1, '[]') WITH =,
    int8range(hashtextextended(item || '/' || purpose || '/' || beneficiary::text, 2) >> 1,
              hashtextextended(item || '/' || purpose || '/' || beneficiary::text, 2) >> 1, '[]') WITH =,
    daterange(first_day, last_day, '[]') WITH &&) WHERE (state <> 'stopped');
CREATE UNIQUE INDEX due_line_once ON due_line (item, beneficiary, purpose) WHERE period = 'once' AND state <> 'stopped';
CREATE INDEX due_line_of ON due_line (item, beneficiary, purpose, first_day);

-- Paid once more, not for ever: so often for each decision.
ALTER TABLE due_line ADD attempt_max int NOT NULL DEFAULT 2;
ALTER TABLE due_line DROP CONSTRAINT due_line_attempt_check;
ALTER TABLE due_line ADD CONSTRAINT due_line_attempt_check CHECK (attempt BETWEEN 0 AND attempt_max);
ALTER TABLE batch_line DROP CONSTRAINT batch_line_attempt_check;
ALTER TABLE batch_line ADD CONSTRAINT batch_line_attempt_check CHECK (attempt >= 1);

-- Whose it is stays as well, while it is in a batch or sent; and it is of an
-- award of its own item.
ALTER TABLE award ADD CONSTRAINT award_of_item UNIQUE (assignment_id, item, purpose);
ALTER TABLE due_line ADD CONSTRAINT due_line_of_item FOREIGN KEY (assignment_id, item, purpose)
    REFERENCES award (assignment_id, item, purpose);
DROP TRIGGER due_line_stands ON due_line;
CREATE TRIGGER due_line_stands
    BEFORE UPDATE OF amount_fen, fund, bank, item, beneficiary, period, purpose, assignment_id, first_day, last_day ON due_line
    FOR EACH ROW WHEN ((OLD.amount_fen, OLD.fund, OLD.bank, OLD.item, OLD.beneficiary, OLD.period, OLD.purpose,
                        OLD.assignment_id, OLD.first_day, OLD.last_day)
                       IS DISTINCT FROM
                       (NEW.amount_fen, NEW.fund, NEW.bank, NEW.item, NEW.beneficiary, NEW.period, NEW.purpose,
                        NEW.assignment_id, NEW.first_day, NEW.last_day))
    EXECUTE FUNCTION treasury_line_stands();

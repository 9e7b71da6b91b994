-- Whose account an order goes to is part of what is approved: its sum stands
-- with the order, in what the batch's SM3 is over, and stays from the first
-- approval on. Batches that were prepared before this are withdrawn and
-- prepared anew: their SM3 is over less.
ALTER TABLE batch_line ADD payee_hash bytea CHECK (length(payee_hash) = 16);
UPDATE batch_line l SET payee_hash = a.payee_hash FROM due_line d JOIN award a USING (assignment_id) WHERE d.line_id = l.line_id;
ALTER TABLE batch_line ALTER payee_hash SET NOT NULL;
DROP TRIGGER batch_line_stands ON batch_line;
CREATE TRIGGER batch_line_stands
    BEFORE INSERT OR DELETE OR UPDATE OF batch_id, line_id, attempt, order_id, amount_fen, payee_hash, decision_id
    ON batch_line FOR EACH ROW EXECUTE FUNCTION treasury_batch_stands();

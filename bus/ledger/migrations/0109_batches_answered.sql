-- Ten thousand answers of one batch: whether any line is open is found by an
-- index, and a batch that has left is not counted again at each of them.
CREATE INDEX batch_line_left ON batch_line (batch_id) WHERE open;
CREATE OR REPLACE FUNCTION treasury_batch_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    b batch%ROWTYPE;
    counted int;
    added bigint;
    strange int;
BEGIN
    SELECT * INTO b FROM batch WHERE batch_id = NEW.batch_id;
    IF b.state NOT IN ('prepared', 'approved_once', 'approved_twice') THEN
        RETURN NULL;
    END IF;
    SELECT count(*), coalesce(sum(l.amount_fen), 0),
           count(*) FILTER (WHERE d.bank <> b.bank OR d.fund <> b.fund OR d.amount_fen <> l.amount_fen
                                  OR d.pay_day > b.pay_day)
        INTO counted, added, strange
        FROM batch_line l JOIN due_line d USING (line_id) WHERE l.batch_id = b.batch_id;
    IF counted <> b.lines OR added <> b.total_fen OR strange > 0 THEN
        RAISE EXCEPTION 'batch % says % lines of % fen; it has % of %, % of another bank, fund, day or amount',
            b.batch_id, b.lines, b.total_fen, counted, added, strange
            USING ERRCODE = 'check_violation', CONSTRAINT = 'batch_adds_up';
    END IF;
    RETURN NULL;
END $$;

-- The monthly sheets of the boards (schemas sheet, posting): what was published,
-- withdrawn, and where it hangs. Like the other tables of what the events come
-- to, kept by life_rebuild() and life_refresh().
CREATE VIEW life_sheet_now AS
SELECT s.board_code, s.month, s.version, s.detail->>'sm3' AS sm3, s.detail->>'sm3_html' AS sm3_html, s.detail->>'sm3_pdf' AS sm3_pdf,
       (s.detail->>'lines')::int AS lines, s.amount_fen AS total_fen, s.occurred_at AS published_at,
       coalesce(s.detail->'said_by'->>'operator_id', '') AS published_by, w.occurred_at AS withdrawn_at
FROM (SELECT DISTINCT ON (note, detail->>'month', (detail->>'version')::int) e.*, e.note AS board_code, e.detail->>'month' AS month,
             (e.detail->>'version')::int AS version
      FROM event AS e WHERE kind = 'sheet' AND word = 'PUBLISHED'
      ORDER BY note, detail->>'month', (detail->>'version')::int, occurred_at, part, place) AS s
LEFT JOIN (SELECT note, detail->>'month' AS month, (detail->>'version')::int AS version, min(occurred_at) AS occurred_at
           FROM event WHERE kind = 'sheet' AND word = 'WITHDRAWN' GROUP BY 1, 2, 3) AS w
  ON w.note = s.board_code AND w.month = s.month AND w.version = s.version;

-- Who said that which sheet hangs. That he may say so is asked of the register.
CREATE VIEW life_posting_now AS
SELECT DISTINCT event_id AS posting_id, note AS board_code, detail->>'month' AS month, (detail->>'version')::int AS version,
       detail->>'sm3' AS sm3, date '1970-01-01' + (detail->>'posted_on')::int AS posted_on, detail->>'photo_sm3' AS photo_sm3,
       coalesce(detail->'said_by'->>'operator_id', '') AS said_by, occurred_at AS said_at
FROM event WHERE kind = 'posting';

CREATE TABLE life_sheet AS SELECT * FROM life_sheet_now WITH NO DATA;
CREATE TABLE life_posting AS SELECT * FROM life_posting_now WITH NO DATA;
ALTER TABLE life_sheet ADD PRIMARY KEY (board_code, month, version);
ALTER TABLE life_posting ADD PRIMARY KEY (posting_id);
CREATE INDEX life_posting_by_board ON life_posting (board_code, month);

CREATE FUNCTION life_fill_sheets() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    -- a dozen thousand rows a year: all of them anew
    DELETE FROM life_sheet;
    INSERT INTO life_sheet SELECT * FROM life_sheet_now;
    DELETE FROM life_posting;
    INSERT INTO life_posting SELECT * FROM life_posting_now;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION life_fill_sheets() FROM PUBLIC;
-- Each time how far was read is written down.
CREATE TRIGGER life_reading_sheets AFTER INSERT ON life_reading
    FOR EACH STATEMENT EXECUTE FUNCTION life_fill_sheets();

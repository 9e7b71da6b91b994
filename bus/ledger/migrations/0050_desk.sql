-- What was begun on a page and not sent yet: sealed, for who has its number and
-- the end of the applicant's document.
CREATE TABLE desk_draft (
    number   text        PRIMARY KEY CHECK (length(number) = 12),
    second   bytea       NOT NULL CHECK (length(second) = 16), -- a keyed sum of the document's end
    sealed   bytea       NOT NULL,
    account  text        NOT NULL REFERENCES account, -- who kept it last
    kept_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX desk_draft_by_age ON desk_draft (kept_at);
-- What an office has in hand is read by its topic, newest first for each assignment.
CREATE INDEX event_assignments ON event (topic, about, occurred_at DESC) WHERE kind = 'assignment';

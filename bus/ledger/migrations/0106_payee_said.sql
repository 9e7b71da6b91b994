-- Another account for what a department pays, taken down by one of its officers on a page and
-- approved by another, who writes the account once more: only then does the event leave, with this
-- number. The account is sealed with the desk's key, and gone when it has left or was dropped.
CREATE TABLE desk_payee (
    change     uuid        PRIMARY KEY, -- the event's
    assignment uuid        NOT NULL,
    household  uuid        NOT NULL,
    sealed     bytea,
    said_by    text        NOT NULL CHECK (said_by <> ''),
    said_org   text        NOT NULL,
    said_role  text        NOT NULL,
    said_at    timestamptz NOT NULL DEFAULT now(),
    state      text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'sent', 'dropped')),
    ended_by   text,
    ended_at   timestamptz,
    CHECK ((sealed IS NOT NULL) = (state = 'open') AND (ended_by IS NULL) = (state = 'open') AND (ended_at IS NULL) = (state = 'open')),
    CONSTRAINT payee_approved_by_another CHECK (state <> 'sent' OR ended_by <> said_by)
);
CREATE UNIQUE INDEX desk_payee_open ON desk_payee (assignment) WHERE state = 'open';

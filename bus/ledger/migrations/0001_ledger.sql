-- The ledger: one row an event as it stood in its topic, and how far each
-- partition has been read. Rows and offsets are written in one transaction.
CREATE TABLE event (
    topic        text        NOT NULL, -- without the prefix
    part         int         NOT NULL,
    place        bigint      NOT NULL, -- offset
    event_id     uuid        NOT NULL,
    kind         text        NOT NULL, -- record name
    household_id uuid,
    case_id      uuid,
    about        uuid,                 -- application, assignment, order, need ...
    word         text        NOT NULL, -- action, outcome or state
    item         text        NOT NULL,
    partner      text        NOT NULL, -- whose topic, '' for the bus's own
    amount_fen   bigint,
    note         text        NOT NULL,
    occurred_at  timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, part, place)
);
CREATE INDEX event_by_id ON event (event_id);
CREATE INDEX event_by_case ON event (case_id, occurred_at);
CREATE INDEX event_by_kind ON event (kind, word);
CREATE INDEX event_by_about ON event (about);

CREATE TABLE reading (
    topic text   NOT NULL,
    part  int    NOT NULL,
    next  bigint NOT NULL,
    PRIMARY KEY (topic, part)
);

-- What leaves the ledger by itself (timers, bulletins) goes through here.
CREATE TABLE outbox (
    id         bigserial PRIMARY KEY,
    topic      text        NOT NULL,
    key        text        NOT NULL,
    value      bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at    timestamptz
);

-- The same event may stand in a topic twice (a partner's repeated answer): it
-- is one event.
CREATE VIEW fact_of_life AS
SELECT DISTINCT ON (event_id) * FROM event ORDER BY event_id, topic, part, place;

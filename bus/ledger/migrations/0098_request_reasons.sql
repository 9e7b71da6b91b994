-- Why a household asks something, in its own words, when it was asked on a page: sealed with
-- the desk's key, for who may see the request. The ledger keeps no such words (masked), so that
-- an erasure takes them: desk_request goes with its household.
CREATE TABLE desk_request (
    request_id  uuid        PRIMARY KEY, -- the event's
    application uuid        NOT NULL,
    sealed      bytea       NOT NULL,
    kept_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX desk_request_by_age ON desk_request (kept_at);

-- What was submitted on a page and may still be changed or withdrawn: sealed like
-- a draft, until it leaves. Then the row tells what became of it.
CREATE TABLE desk_held (
    application uuid        PRIMARY KEY, -- as intake will have it
    second      bytea       NOT NULL CHECK (length(second) = 16), -- a keyed sum of the document's end
    account     text        NOT NULL REFERENCES account, -- who submitted it last
    org         text        NOT NULL, -- whose it is to change
    sealed      bytea,      -- the form, and what sends it
    state       text        NOT NULL DEFAULT 'changeable' CHECK (state IN ('changeable', 'left', 'withdrawn', 'returned')),
    until       timestamptz NOT NULL, -- it leaves then
    claimed     timestamptz, -- a desk sends it since then: nobody changes it any more
    wrong       smallint    NOT NULL DEFAULT 0, -- ends of documents
    CHECK ((sealed IS NULL) = (state IN ('left', 'withdrawn')))
);
CREATE INDEX desk_held_to_leave ON desk_held (until) WHERE state = 'changeable';
CREATE INDEX desk_held_by_org ON desk_held (org, until DESC);

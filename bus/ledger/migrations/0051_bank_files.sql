-- Files that went to a bank and came from one: which, by whom, and what became
-- of each. The bytes of what came are kept beside the database.
CREATE TABLE bank_file (
    n         bigserial PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT now(),
    bank      text   NOT NULL CHECK (bank <> ''),
    operator  text   NOT NULL CHECK (operator <> ''),
    ended     text   NOT NULL CHECK (ended IN ('MADE', 'TAKEN', 'REFUSED')), -- MADE: to the bank
    kind      text   NOT NULL,
    message   text   NOT NULL DEFAULT '', -- the bank's own id of it
    sm3       bytea  NOT NULL CHECK (length(sm3) = 32),
    batch_id  uuid   REFERENCES batch,    -- of one that was made
    entries   bigint NOT NULL DEFAULT 0 CHECK (entries >= 0),
    total_fen bigint NOT NULL DEFAULT 0 CHECK (total_fen >= 0),
    reason    text   NOT NULL DEFAULT '', -- why it was refused
    CHECK ((ended = 'MADE') = (batch_id IS NOT NULL))
);
-- A batch is one file, the same however often it is made; a file is taken once.
CREATE UNIQUE INDEX bank_file_made ON bank_file (batch_id) WHERE ended = 'MADE';
CREATE UNIQUE INDEX bank_file_taken ON bank_file (bank, sm3) WHERE ended = 'TAKEN';
CREATE UNIQUE INDEX bank_file_message ON bank_file (bank, kind, message) WHERE ended = 'TAKEN' AND message <> '';
CREATE TRIGGER bank_file_rows BEFORE UPDATE OR DELETE ON bank_file
    FOR EACH ROW EXECUTE FUNCTION treasury_only_grows();
CREATE TRIGGER bank_file_whole BEFORE TRUNCATE ON bank_file
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_only_grows();

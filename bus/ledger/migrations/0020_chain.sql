-- The chain over the rows (bus/ledger/chain.h): each event has its number in
-- its partition and the SM3 of itself and the row before. `detail` is the text
-- that was written, not one made anew, because its bytes are in the chain.
-- Rows from before this have neither number nor chain; `since` says up to where.
DROP VIEW fact_of_life;
ALTER TABLE event ALTER detail TYPE json USING detail::json, ADD n bigint, ADD chain bytea;
CREATE VIEW fact_of_life AS
SELECT DISTINCT ON (event_id) * FROM event ORDER BY event_id, topic, part, place;
-- The heads: the newest row of each partition. Written with the rows.
ALTER TABLE reading ADD since bigint NOT NULL DEFAULT 0, ADD n bigint NOT NULL DEFAULT 0,
    ADD chain bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex');
UPDATE reading SET since = next;

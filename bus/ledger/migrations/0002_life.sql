-- The rest of each event, so that the whole life of a case can be read from
-- here. `detail` is the record without what stands in columns, masked, without
-- facts' values; `body` is an evaluation as it came (framed Avro, schemas/).
-- Events taken before this have neither.
ALTER TABLE event ADD detail jsonb, ADD body bytea;

-- A case is read through its household: what has no case (applications, facts
-- reported, dead letters) belongs to its life as well.
CREATE INDEX event_by_household ON event (household_id, occurred_at);
CREATE INDEX event_case_opened ON event (case_id) WHERE kind = 'case_event' AND word = 'OPENED';
DROP INDEX event_by_case;

-- Lists of cases begin with the newest; only the openings of cases are in it.
CREATE INDEX event_opened_at ON event (occurred_at) WHERE kind = 'case_event' AND word = 'OPENED';

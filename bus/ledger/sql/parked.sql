-- How many events wait in their household for what they follow from.
SELECT count(DISTINCT event_id) FILTER (WHERE word = 'PARKED')
     - count(DISTINCT event_id) FILTER (WHERE word = 'RELEASED')
FROM event WHERE kind = 'parked_note'

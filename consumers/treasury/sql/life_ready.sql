SELECT household_id, kind, from_day - DATE '1970-01-01', of_head, array_to_string(ended, ' ') FROM life_change
WHERE event_id = $1::uuid AND accepted AND NOT done AND kind IS NOT NULL

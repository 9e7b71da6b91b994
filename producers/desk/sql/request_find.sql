-- Those of these requests; of a household that was erased they go.
WITH erased AS (
    DELETE FROM desk_request AS r WHERE r.request_id = ANY ($1::uuid[]) AND EXISTS (
        SELECT FROM event AS q JOIN event AS x ON x.household_id = q.household_id AND x.kind = 'erasure'
        WHERE q.about = r.application AND q.kind = 'household_request')
    RETURNING r.request_id)
SELECT request_id, encode(sealed, 'hex') FROM desk_request
WHERE request_id = ANY ($1::uuid[]) AND request_id NOT IN (SELECT request_id FROM erased)

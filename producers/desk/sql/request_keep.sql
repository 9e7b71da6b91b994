-- Kept for four hundred days.
WITH gone AS (DELETE FROM desk_request WHERE kept_at < now() - interval '400 days')
INSERT INTO desk_request (request_id, application, sealed) VALUES ($1, $2, decode($3, 'hex')) ON CONFLICT DO NOTHING

-- What is due, to one desk at a time; what a desk did not bring to its end within
-- a minute is anybody's again.
UPDATE desk_held SET claimed = now()
WHERE application IN (
    SELECT application FROM desk_held
    WHERE state = 'changeable' AND until <= now() AND (claimed IS NULL OR claimed < now() - interval '60 seconds')
    ORDER BY until LIMIT $1::int FOR UPDATE SKIP LOCKED)
RETURNING application, encode(sealed, 'hex')

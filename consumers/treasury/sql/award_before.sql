-- A decision about the same again ends the award before it, on the day before
-- its own first one.
UPDATE award SET state = 'ended', note = 'SUPERSEDED', until = least(coalesce(until, $5::date), $5::date)
WHERE item = $1 AND beneficiary = $2::uuid AND purpose = $3 AND state <> 'ended' AND assignment_id <> $4::uuid

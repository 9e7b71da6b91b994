-- A decision about the same again ends the award before it.
UPDATE award SET state = 'ended', note = 'SUPERSEDED'
WHERE item = $1 AND beneficiary = $2::uuid AND purpose = $3 AND state <> 'ended' AND assignment_id <> $4::uuid
RETURNING assignment_id

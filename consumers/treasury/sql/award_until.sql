-- $2 is its last day, unless it has an earlier one.
UPDATE award SET until = least(coalesce(until, $2::date), $2::date), note = $3
WHERE assignment_id = $1::uuid AND state <> 'ended' RETURNING assignment_id

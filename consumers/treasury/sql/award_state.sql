UPDATE award SET state = $2, note = $3,
    until = CASE WHEN $4::date IS NULL THEN until ELSE least(coalesce(until, $4::date), $4::date) END
WHERE assignment_id = $1::uuid AND (state <> 'ended' OR $2 = 'ended')

-- What the insurer is asked is answered on its day.
SELECT CASE WHEN e.kind = 'verification_request' AND e.word = 'REQUESTED'
            THEN clock_opens('requests', e.about, e.household_id, e.case_id, e.item, e.partner, DATE '1970-01-01' + (e.detail ->> 'due')::int,
                             e.occurred_at)
            ELSE clock_closes('requests', e.about, e.household_id, e.occurred_at) END
FROM event e
WHERE e.topic = $1 AND e.part = $2::int AND e.place >= $3::bigint AND e.place < $4::bigint AND e.household_id IS NOT NULL
  AND e.about IS NOT NULL AND (e.kind = 'verification_request' AND e.word IN ('REQUESTED', 'WITHDRAWN')
       OR e.kind = 'verification_result')
ORDER BY e.place

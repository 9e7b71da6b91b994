-- An assignment is answered by a decision on its day; handed back, the day that
-- stands with it counts anew.
SELECT CASE WHEN e.kind = 'assignment' AND e.word <> 'WITHDRAWN'
            THEN clock_opens('decisions', e.about, e.household_id, e.case_id, e.item, e.partner, DATE '1970-01-01' + (e.detail ->> 'due')::int,
                             e.occurred_at)
            ELSE clock_closes('decisions', coalesce((e.detail ->> 'assignment_id')::uuid, e.about), e.household_id,
                              e.occurred_at) END
FROM event e
WHERE e.topic = $1 AND e.part = $2::int AND e.place >= $3::bigint AND e.place < $4::bigint AND e.household_id IS NOT NULL
  AND (e.kind = 'assignment' AND e.about IS NOT NULL AND e.word IN ('ASSIGNED', 'UPDATED', 'RETURNED', 'WITHDRAWN')
       OR e.kind = 'case_event' AND e.word = 'DECISION_ACCEPTED' AND e.detail ->> 'assignment_id' IS NOT NULL)
ORDER BY e.place

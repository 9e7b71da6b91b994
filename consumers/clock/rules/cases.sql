-- A case that nothing was assigned of waits until somebody says more, and is in
-- nobody's hands: the lead department looks at it after thirty days (a month, as
-- for what it finds itself; no law has a limit for it).
SELECT CASE WHEN e.kind = 'case_event' AND e.word = 'OPENED'
            THEN clock_opens('cases', e.case_id, e.household_id, e.case_id, '', $5, (e.occurred_at AT TIME ZONE 'Asia/Shanghai')::date + 30,
                             e.occurred_at)
            ELSE clock_closes('cases', e.case_id, e.household_id, e.occurred_at) END
FROM event e
WHERE e.topic = $1 AND e.part = $2::int AND e.place >= $3::bigint AND e.place < $4::bigint AND e.household_id IS NOT NULL
  AND e.case_id IS NOT NULL AND (e.kind = 'case_event' AND e.word IN ('OPENED', 'CLOSED')
       OR e.kind = 'assignment' AND e.word = 'ASSIGNED'
          AND NOT EXISTS (SELECT FROM deadline d WHERE d.rule = 'cases' AND d.about = e.case_id AND d.stage = 'done'))
ORDER BY e.place

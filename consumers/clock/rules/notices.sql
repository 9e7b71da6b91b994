-- A notice hangs seven days (民发〔2021〕57号 19, 民发〔2021〕43号 15); somebody says
-- that they are over, or that there was an objection.
SELECT CASE WHEN e.word = 'NOTICE_POSTED'
            THEN clock_opens('notices', e.about, e.household_id, e.case_id, e.item, e.partner,
                             (e.occurred_at AT TIME ZONE 'Asia/Shanghai')::date + 7, e.occurred_at)
            ELSE clock_closes('notices', e.about, e.household_id, e.occurred_at) END
FROM event e
WHERE e.topic = $1 AND e.part = $2::int AND e.place >= $3::bigint AND e.place < $4::bigint AND e.household_id IS NOT NULL
  AND e.about IS NOT NULL AND e.kind = 'step' AND e.word IN ('NOTICE_POSTED', 'NOTICE_OBJECTED', 'NOTICE_EXPIRED')
ORDER BY e.place

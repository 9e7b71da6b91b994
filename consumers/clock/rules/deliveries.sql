-- What the post brings is signed for, paid or back on its day; an attempt that
-- failed ends nothing.
SELECT CASE WHEN e.kind = 'delivery_task'
            THEN clock_opens('deliveries', e.about, e.household_id, e.case_id, e.item, e.partner, DATE '1970-01-01' + (e.detail ->> 'due')::int,
                             e.occurred_at)
            ELSE clock_closes('deliveries', e.about, e.household_id, e.occurred_at) END
FROM event e
WHERE e.topic = $1 AND e.part = $2::int AND e.place >= $3::bigint AND e.place < $4::bigint AND e.household_id IS NOT NULL
  AND e.about IS NOT NULL AND (e.kind = 'delivery_task'
       OR e.kind = 'delivery_receipt' AND e.word IN ('SIGNED', 'PAID', 'RETURNED'))
ORDER BY e.place

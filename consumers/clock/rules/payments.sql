-- An order is answered by its bank on its day.
SELECT CASE WHEN e.kind = 'payment_order'
            THEN clock_opens('payments', e.about, e.household_id, e.case_id, e.item, e.partner, DATE '1970-01-01' + (e.detail ->> 'due')::int,
                             e.occurred_at)
            ELSE clock_closes('payments', e.about, e.household_id, e.occurred_at) END
FROM event e
WHERE e.topic = $1 AND e.part = $2::int AND e.place >= $3::bigint AND e.place < $4::bigint AND e.household_id IS NOT NULL
  AND e.about IS NOT NULL AND e.kind IN ('payment_order', 'payment_result')
ORDER BY e.place

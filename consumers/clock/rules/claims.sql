-- What a charity has claimed it delivers while its claim is held.
SELECT CASE WHEN e.kind = 'claim_result' AND e.word IN ('WON', 'PARTLY')
            THEN clock_opens('claims', (e.detail ->> 'claim_id')::uuid, e.household_id, e.case_id, e.item, e.partner,
                             DATE '1970-01-01' + (e.detail ->> 'until')::int, e.occurred_at)
            ELSE clock_closes('claims', (e.detail ->> 'claim_id')::uuid, e.household_id, e.occurred_at) END
FROM event e
WHERE e.topic = $1 AND e.part = $2::int AND e.place >= $3::bigint AND e.place < $4::bigint AND e.household_id IS NOT NULL
  AND e.detail ->> 'claim_id' IS NOT NULL
  AND (e.kind = 'claim_result' AND (e.word = 'EXPIRED' OR e.word IN ('WON', 'PARTLY') AND e.detail ->> 'until' IS NOT NULL)
       OR e.kind = 'claim' AND e.word IN ('DELIVERED', 'DECLINED'))
ORDER BY e.place

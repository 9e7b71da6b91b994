-- What was received (S75), the newest first: by the household, the case, the
-- application or the person $1; a person's are those of the households that name
-- him, as long as they did. Money that came back, and goods nobody took, were
-- not received. One row: the households, and the list.
WITH asked AS (
    SELECT $1::uuid AS household_id, NULL::date AS until
  UNION SELECT household_id, NULL FROM event WHERE case_id = $1::uuid AND kind = 'case_event' AND word = 'OPENED'
  UNION SELECT household_id, NULL FROM event WHERE about = $1::uuid AND kind = 'case_event'
          AND word IN ('OPENED', 'APPLICATION_JOINED')
  UNION SELECT m.household_id, m.left_on FROM life_member_now AS m
        JOIN (SELECT (detail->>'member_of')::uuid AS id FROM event WHERE kind = 'membership' AND about = $1::uuid) AS h
          ON h.id = m.household_id
        WHERE m.person_id = $1::uuid),
home AS (SELECT household_id, max(coalesce(until, 'infinity')) AS until FROM asked GROUP BY household_id),
-- An array, and not a join: it reaches the views' own rows.
decided AS (SELECT * FROM life_decision_now WHERE household_id = ANY ((SELECT array_agg(household_id) FROM home)::uuid[])),
received AS (
    SELECT household_id, paid_on AS day, 'payment_result' AS what, item, bank AS partner, fund, amount_fen, decision_id, case_id, order_id AS id
    FROM life_payment_now WHERE household_id = ANY ((SELECT array_agg(household_id) FROM home)::uuid[]) AND state = 'SETTLED'
  UNION ALL
    SELECT household_id, received_on, 'delivery_receipt', item, post, fund, amount_fen, decision_id, case_id, task_id
    FROM life_delivery_now WHERE household_id = ANY ((SELECT array_agg(household_id) FROM home)::uuid[]) AND received_on IS NOT NULL
  UNION ALL
    SELECT household_id, received_on, 'claim', item, charity, '', least(amount_fen, won_fen), decision_id, case_id, claim_id
    FROM life_claim_now WHERE household_id = ANY ((SELECT array_agg(household_id) FROM home)::uuid[]) AND received_on IS NOT NULL AND won_fen > 0
  UNION ALL -- a status, or a service: the decision is what there is of it
    SELECT household_id, (accepted_at AT TIME ZONE 'Asia/Shanghai')::date, 'decision', item, department, '', NULL, decision_id, case_id,
           decision_id
    FROM decided WHERE accepted_at IS NOT NULL
      AND outcome = 'CONFIRMED' AND (amount_fen IS NULL OR amount_fen = 0 OR delivery = 'SERVICE'))
SELECT jsonb_build_object(
  'households', (SELECT coalesce(jsonb_agg(DISTINCT h.household_id), '[]') FROM home AS h
                 WHERE EXISTS (SELECT FROM event AS e WHERE e.household_id = h.household_id AND e.kind = 'case_event')),
  'results', (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'household_id', r.household_id, 'on', r.day, 'record', r.what, 'item', r.item, 'partner', r.partner, 'fund', nullif(r.fund, ''),
      'amount_fen', r.amount_fen, 'case_id', r.case_id, 'decision_id', r.decision_id, 'department', d.department,
      'decided_by', d.decided_by, 'decided_on', (d.decided_at AT TIME ZONE 'Asia/Shanghai')::date)
      ORDER BY r.day DESC, r.item, r.id), '[]')
      FROM received AS r JOIN home AS h ON h.household_id = r.household_id AND r.day <= h.until
      LEFT JOIN decided AS d ON d.household_id = r.household_id AND d.decision_id = r.decision_id))

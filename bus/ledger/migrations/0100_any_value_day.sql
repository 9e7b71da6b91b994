-- What was given back stays given back, in whatever order the news came. Only
-- the answer of who was asked counts, and of the amount that was asked. A bank may
-- name any day: beyond the years 1 to 9999 it is their first or last.
CREATE OR REPLACE VIEW life_payment_now AS
SELECT o.household_id, o.about AS order_id, (o.detail->>'decision_id')::uuid AS decision_id,
       (o.detail->>'assignment_id')::uuid AS assignment_id, o.case_id, o.item, o.partner AS bank,
       coalesce(o.detail->>'fund', '') AS fund, o.amount_fen, coalesce(o.detail->>'period', '') AS period, o.detail->>'from_month' AS from_month,
       o.occurred_at AS ordered_at, coalesce(b.word, r.word, s.word, 'ORDERED') AS state, s.day AS paid_on, b.day AS returned_on,
       coalesce(r.note, b.note, '') AS reason
FROM (SELECT DISTINCT ON (household_id, about) * FROM event WHERE kind = 'payment_order' AND about IS NOT NULL
      ORDER BY household_id, about, occurred_at, part, place) AS o
LEFT JOIN LATERAL (SELECT e.word, date '1970-01-01' + least(greatest((e.detail->>'value_date')::int, -719162), 2932896) AS day FROM event AS e
                   WHERE e.about = o.about AND e.kind || '' = 'payment_result' AND e.word = 'SETTLED' AND e.partner = o.partner
                     AND e.amount_fen = o.amount_fen ORDER BY e.occurred_at, e.place LIMIT 1) AS s ON true
LEFT JOIN LATERAL (SELECT e.word, e.note, date '1970-01-01' + least(greatest((e.detail->>'value_date')::int, -719162), 2932896) AS day FROM event AS e
                   WHERE e.about = o.about AND e.kind || '' = 'payment_result' AND e.word = 'RETURNED' AND e.partner = o.partner
                     AND e.amount_fen = o.amount_fen ORDER BY e.occurred_at, e.place LIMIT 1) AS b ON true
LEFT JOIN LATERAL (SELECT e.word, e.note FROM event AS e
                   WHERE e.about = o.about AND e.kind || '' = 'payment_result' AND e.word = 'REJECTED' AND e.partner = o.partner
                     AND s.word IS NULL ORDER BY e.occurred_at, e.place LIMIT 1) AS r ON true
WHERE o.household_id IS NOT NULL;

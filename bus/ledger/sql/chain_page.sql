-- The rows behind a place, in the order of their chain; binary.
SELECT topic, part, place, event_id, kind, household_id, case_id, about, word, item, partner,
       amount_fen, note, occurred_at, detail, body, recorded_at, n, chain
FROM event WHERE (topic, part, place) > ($1::text, $2::int, $3::bigint)
ORDER BY topic, part, place LIMIT 1000

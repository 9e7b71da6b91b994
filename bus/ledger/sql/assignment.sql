-- One assignment as it was made last: $1 its id, $2 the case's. The last column:
-- what it has come to goes on: dispatch had it, it did not come back, it was not
-- stopped and has not ended. No row: none.
WITH made AS (
    SELECT * FROM event WHERE about = $1::uuid AND case_id = $2::uuid AND kind = 'assignment'
    ORDER BY occurred_at DESC, (word = 'RETURNED') DESC, place DESC LIMIT 1),
decision AS (
    SELECT (detail->>'decision_id')::uuid AS id, word, detail->>'from_month' AS from_month FROM event
    WHERE about = $1::uuid AND kind = 'decision'),
granted AS (
    SELECT max(r.occurred_at) AS at FROM decision AS d JOIN event AS r ON r.about = d.id
    WHERE d.word = 'CONFIRMED' AND r.kind = 'dispatch_result' AND r.word <> 'REFUSED')
SELECT m.household_id, m.item, coalesce(m.detail->>'department', ''), coalesce(m.amount_fen::text, ''),
       coalesce(m.detail->>'division_code', ''), coalesce(m.detail->>'payee_hash', ''), coalesce(m.detail->>'payee_masked', ''), m.word,
       g.at IS NOT NULL AND NOT (m.word IN ('RETURNED', 'WITHDRAWN') AND m.occurred_at >= g.at)
       AND NOT EXISTS (SELECT FROM decision AS d JOIN event AS e ON e.about = d.id
                       WHERE d.word = 'REFUSED' AND e.kind = 'case_event' AND e.note LIKE 'AWARD_STOPPED %')
       AND NOT EXISTS (SELECT FROM event AS e WHERE e.about = $1::uuid AND e.kind = 'case_event' AND e.note LIKE 'AWARD_ENDED %')
FROM made AS m, granted AS g

-- What department $1 has in hand: its open assignments, those due first; $2 one
-- item's code or ''; $3 how many at most; $4 'late' for those past their day, 'week'
-- for those due within seven days; $5 'age' for the oldest first; $6 the last digits of a receipt's number, '' for any. What was handed on to another
-- department, withdrawn, decided (and not given back since) or closed is not in
-- it.
WITH mine AS (
    SELECT DISTINCT ON (about) about, case_id, item, word, note, amount_fen, occurred_at, detail FROM event
    WHERE kind = 'assignment' AND topic = 'assignments.' || $1
    ORDER BY about, occurred_at DESC, (word = 'RETURNED') DESC, place DESC)
SELECT m.about, m.case_id, m.item, m.word, m.note, coalesce(m.amount_fen::text, ''),
       to_char(m.occurred_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'),
       (date '1970-01-01' + (m.detail->>'due')::int)::text,
       coalesce(m.detail->>'verdict', ''), coalesce(m.detail->>'division_code', ''), coalesce(o.detail->>'case_no', ''),
       (date '1970-01-01' + (m.detail->>'due')::int) < (now() AT TIME ZONE 'Asia/Shanghai')::date,
       coalesce((SELECT s.word FROM event AS s WHERE s.about = m.about AND s.kind = 'step'
                 ORDER BY s.occurred_at DESC, s.place DESC LIMIT 1), '')
FROM mine AS m
CROSS JOIN (SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date - date '1970-01-01' AS day) AS today
LEFT JOIN LATERAL (SELECT detail FROM event WHERE case_id = m.case_id AND kind = 'case_event' AND word = 'OPENED' LIMIT 1) AS o ON true
WHERE m.word <> 'WITHDRAWN' AND ($2 = '' OR m.item = $2)
  AND (m.detail->>'due')::int < CASE $4 WHEN 'late' THEN today.day WHEN 'week' THEN today.day + 8 ELSE 2147483647 END
  AND ($6 = '' OR EXISTS (SELECT FROM event AS r WHERE r.case_id = m.case_id AND r.kind || '' = 'case_event'
                    AND r.word IN ('OPENED', 'APPLICATION_JOINED') AND right(replace(r.about::text, '-', ''), length($6)) = $6))
  AND NOT EXISTS (SELECT FROM event AS e WHERE e.about = m.about AND e.kind = 'assignment'
                    AND e.topic <> 'assignments.' || $1 AND e.occurred_at > m.occurred_at)
  AND NOT EXISTS (SELECT FROM event AS d JOIN event AS a ON a.about = (d.detail->>'decision_id')::uuid
                    AND a.kind = 'case_event' AND a.word = 'DECISION_ACCEPTED'
                  WHERE d.about = m.about AND d.kind = 'decision'
                    AND NOT (m.word = 'RETURNED' AND m.occurred_at >= a.occurred_at))
  AND NOT EXISTS (SELECT FROM event AS c WHERE c.case_id = m.case_id AND c.kind = 'case_event' AND c.word = 'CLOSED')
ORDER BY CASE $5 WHEN 'age' THEN 0 ELSE (m.detail->>'due')::int END, m.occurred_at, m.about
LIMIT $3::bigint

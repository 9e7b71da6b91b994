-- The no-drop certificate over the ledger. Each number must be 0.
-- Ids may be null: an id that is not there has no other half and counts all the
-- same, and hides nothing else (NOT IN would be null for every row then).
-- Grouped in one pass each: joined without statistics, as a young ledger has
-- none, the same takes seconds a thousand applications.
WITH -- By its place, not by its number: a letter excuses one event, the one it holds.
     dead AS (SELECT DISTINCT note AS topic, (detail->>'partition')::int AS part, (detail->>'offset')::bigint AS place
              FROM event WHERE kind = 'dead_letter' AND word NOT IN ('REDRIVEN', 'CLOSED')),
     application AS (SELECT about, bool_or(e.kind = 'application' AND NOT EXISTS (
                              SELECT FROM dead d WHERE d.part = e.part AND d.place = e.place
                              AND right(d.topic, length(e.topic)) = e.topic)) AS came,
                            bool_or(kind = 'case_event') AS taken
                     FROM event e WHERE kind = 'application'
                       OR (kind = 'case_event' AND (word IN ('OPENED', 'APPLICATION_JOINED')
                         OR (word = 'ATTENTION' AND detail->>'application_id' IS NOT NULL)))
                     GROUP BY about),
     decision AS (SELECT about, bool_or(kind = 'case_event') AS accepted, bool_or(kind = 'dispatch_result') AS done
                  FROM event WHERE kind = 'dispatch_result' OR (kind = 'case_event' AND word = 'DECISION_ACCEPTED')
                  GROUP BY about),
     -- What people sent again stands at another place as well, which speaks for it.
     again AS (SELECT DISTINCT note AS topic, (detail->>'partition')::int AS part, (detail->>'offset')::bigint AS place
               FROM event WHERE kind = 'dead_letter' AND word = 'REDRIVEN'),
     own AS (SELECT event_id, count(*) FILTER (WHERE a.place IS NULL) AS n
             FROM event e LEFT JOIN again a ON a.part = e.part AND a.place = e.place AND right(a.topic, length(e.topic)) = e.topic
             WHERE kind IN ('evaluation', 'assignment', 'verification_request', 'case_event', 'parked_note',
                            'dispatch_result', 'payment_order', 'delivery_task', 'need', 'membership')
             GROUP BY event_id),
     opening AS (SELECT case_id, bool_or(kind = 'case_event') AS opened, bool_or(kind = 'evaluation') AS judged
                 FROM event WHERE kind = 'evaluation' OR (kind = 'case_event' AND word = 'OPENED')
                 GROUP BY case_id),
     walk AS (SELECT word, lag(word) OVER (PARTITION BY case_id ORDER BY part, place) AS before
              FROM event WHERE kind = 'case_event')
SELECT
  (SELECT count(*) FROM application WHERE came AND (about IS NULL OR NOT taken))
    + (SELECT count(*) FROM decision WHERE accepted AND (about IS NULL OR NOT done)) AS lost,
  (SELECT count(*) FROM own WHERE n > 1) AS duplicated,
  (SELECT coalesce(sum(CASE WHEN case_id IS NULL THEN opened::int + judged::int
                            ELSE (opened <> judged)::int END), 0) FROM opening) AS torn,
  (SELECT count(*) FROM walk WHERE (before IS NULL AND word <> 'OPENED')
      OR (word = 'OPENED' AND before IS NOT NULL)) AS out_of_order

-- The no-drop certificate over the ledger. Each number must be 0.
-- Ids may be null: what is compared by NOT EXISTS is counted all the same, and
-- hides nothing else (NOT IN would be null for every row then).
WITH seen AS (SELECT DISTINCT about FROM event
              WHERE kind = 'case_event' AND word IN ('OPENED', 'APPLICATION_JOINED')),
     -- By its place, not by its number: a letter excuses one event, the one it holds.
     dead AS (SELECT DISTINCT note AS topic, (detail->>'partition')::int AS part, (detail->>'offset')::bigint AS place
              FROM event WHERE kind = 'dead_letter' AND word <> 'REDRIVEN'),
     untaken AS (SELECT DISTINCT about FROM event e WHERE kind = 'application'
                 AND NOT EXISTS (SELECT FROM seen s WHERE s.about = e.about)
                 AND NOT EXISTS (SELECT FROM dead d WHERE d.part = e.part AND d.place = e.place
                                 AND right(d.topic, length(e.topic)) = e.topic)),
     accepted AS (SELECT DISTINCT about FROM event WHERE kind = 'case_event' AND word = 'DECISION_ACCEPTED'),
     done AS (SELECT DISTINCT about FROM event WHERE kind = 'dispatch_result'),
     own AS (SELECT event_id, count(*) AS n FROM event
             WHERE kind IN ('evaluation', 'assignment', 'verification_request', 'case_event', 'parked_note',
                            'dispatch_result', 'payment_order', 'delivery_task', 'need', 'membership')
             GROUP BY event_id),
     opened AS (SELECT DISTINCT case_id FROM event WHERE kind = 'case_event' AND word = 'OPENED'),
     judged AS (SELECT DISTINCT case_id FROM event WHERE kind = 'evaluation'),
     walk AS (SELECT word, lag(word) OVER (PARTITION BY case_id ORDER BY part, place) AS before
              FROM event WHERE kind = 'case_event')
SELECT
  (SELECT count(*) FROM untaken)
    + (SELECT count(*) FROM accepted a WHERE NOT EXISTS (SELECT FROM done d WHERE d.about = a.about)) AS lost,
  (SELECT count(*) FROM own WHERE n > 1) AS duplicated,
  (SELECT count(*) FROM opened o WHERE NOT EXISTS (SELECT FROM judged j WHERE j.case_id = o.case_id))
    + (SELECT count(*) FROM judged j WHERE NOT EXISTS (SELECT FROM opened o WHERE o.case_id = j.case_id)) AS torn,
  (SELECT count(*) FROM walk WHERE (before IS NULL AND word <> 'OPENED')
      OR (word = 'OPENED' AND before IS NOT NULL)) AS out_of_order

-- The no-drop certificate over the ledger. Each number must be 0.
WITH seen AS (SELECT DISTINCT about FROM event
              WHERE kind = 'case_event' AND word IN ('OPENED', 'APPLICATION_JOINED')),
     -- By its place, not by its number: a letter excuses one event, the one it holds.
     dead AS (SELECT DISTINCT note AS topic, (detail->>'partition')::int AS part, (detail->>'offset')::bigint AS place
              FROM event WHERE kind = 'dead_letter' AND word <> 'REDRIVEN'),
     untaken AS (SELECT about FROM event e WHERE kind = 'application' AND about NOT IN (SELECT about FROM seen)
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
     orders AS (SELECT DISTINCT ON (about) about, occurred_at FROM event
                WHERE kind IN ('payment_order', 'delivery_task') ORDER BY about, occurred_at),
     walk AS (SELECT word, lag(word) OVER (PARTITION BY case_id ORDER BY part, place) AS before
              FROM event WHERE kind = 'case_event')
SELECT
  (SELECT count(DISTINCT about) FROM untaken)
    + (SELECT count(*) FROM accepted WHERE about NOT IN (SELECT about FROM done)) AS lost,
  (SELECT count(*) FROM own WHERE n > 1) AS duplicated,
  (SELECT count(*) FROM opened WHERE case_id NOT IN (SELECT case_id FROM judged))
    + (SELECT count(*) FROM judged WHERE case_id NOT IN (SELECT case_id FROM opened)) AS torn,
  (SELECT count(*) FROM walk WHERE (before IS NULL AND word <> 'OPENED')
      OR (word = 'OPENED' AND before IS NOT NULL)) AS out_of_order

-- The closing account: what came in and what became of it.
SELECT
  count(DISTINCT about) FILTER (WHERE kind = 'application') AS applications,
  count(DISTINCT case_id) FILTER (WHERE kind = 'case_event' AND word = 'OPENED') AS cases,
  count(DISTINCT about) FILTER (WHERE kind = 'case_event' AND word = 'APPLICATION_JOINED') AS duplicates,
  count(DISTINCT event_id) FILTER (WHERE kind = 'evaluation') AS evaluations,
  count(DISTINCT about) FILTER (WHERE kind = 'assignment') AS assignments,
  count(DISTINCT about) FILTER (WHERE kind = 'decision') AS decisions,
  count(DISTINCT about) FILTER (WHERE kind = 'verification_request') AS verifications,
  count(DISTINCT about) FILTER (WHERE kind = 'payment_order') AS payments,
  count(DISTINCT about) FILTER (WHERE kind = 'delivery_task') AS deliveries,
  count(DISTINCT about) FILTER (WHERE kind = 'need') AS needs,
  count(DISTINCT case_id) FILTER (WHERE kind = 'case_event' AND word = 'CLOSED') AS cases_closed,
  count(DISTINCT event_id) FILTER (WHERE kind = 'parked_note' AND word = 'PARKED')
    - count(DISTINCT event_id) FILTER (WHERE kind = 'parked_note' AND word = 'RELEASED') AS parked,
  count(DISTINCT event_id) FILTER (WHERE kind = 'dead_letter' AND word NOT IN ('REDRIVEN', 'CLOSED')) AS dead_lettered,
  count(DISTINCT partner) FILTER (WHERE kind = 'decision') AS departments
FROM event

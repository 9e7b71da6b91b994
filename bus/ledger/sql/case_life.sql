-- The whole life of case $1: a JSON document of codes (texts are put beside
-- them by bus/ledger), and the record of its newest evaluation in hex. An event
-- that stands in topics more than once is one event. No row: no such case.
WITH opened AS (
    SELECT household_id, case_id, occurred_at, detail FROM event
    WHERE kind = 'case_event' AND word = 'OPENED' AND case_id = $1::uuid LIMIT 1),
-- A need names no household and no case: what dispatch says of it does.
needed AS (
    SELECT DISTINCT (l->>'order_id')::uuid AS need_id
    FROM event AS e JOIN opened AS o ON e.household_id = o.household_id AND e.case_id = o.case_id,
         json_array_elements(e.detail->'lines') AS l
    WHERE e.kind = 'dispatch_result' AND l->>'kind' = 'NEED'),
near AS (
    SELECT DISTINCT ON (event_id) * FROM (
        SELECT e.* FROM event AS e JOIN opened AS o ON e.household_id = o.household_id
        WHERE e.case_id = o.case_id OR e.case_id IS NULL
      UNION ALL
        SELECT e.* FROM event AS e JOIN needed AS n ON e.about = n.need_id
        WHERE e.kind IN ('need', 'claim', 'claim_result')) AS all_of
    ORDER BY event_id, topic, part, place),
closed AS (
    SELECT occurred_at, detail FROM near WHERE kind = 'case_event' AND word = 'CLOSED'
    ORDER BY occurred_at LIMIT 1),
-- What was set aside for people names its application, too.
applied AS (
    SELECT DISTINCT about, word FROM near
    WHERE kind = 'case_event' AND case_id IS NOT NULL AND (word IN ('OPENED', 'APPLICATION_JOINED')
       OR (word = 'ATTENTION' AND detail->>'application_id' IS NOT NULL))),
life AS (
    SELECT n.*, to_char(n.occurred_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') AS at
    FROM near AS n, opened AS o LEFT JOIN closed AS c ON true
    WHERE n.case_id IS NOT NULL
       OR (n.kind = 'application' AND n.about IN (SELECT about FROM applied))
       OR (n.kind <> 'application' AND n.occurred_at >= o.occurred_at
           AND n.occurred_at <= coalesce(c.occurred_at, 'infinity'))),
accepted AS (
    SELECT about AS decision_id, occurred_at FROM life WHERE kind = 'case_event' AND word = 'DECISION_ACCEPTED'),
decision AS (
    SELECT d.*, (d.detail->>'decision_id')::uuid AS decision_id, a.occurred_at AS accepted_at,
           -- less of an award that stood, or none: said in whatever case is open by then
           (SELECT min(e.occurred_at) FROM event AS e WHERE e.about = (d.detail->>'decision_id')::uuid AND e.kind = 'case_event'
              AND e.word = 'RESULT_FOLDED' AND (e.note LIKE 'AWARD_STOPPED %' OR e.note LIKE 'AWARD_CUT %')) AS lessened_at
    FROM life AS d LEFT JOIN accepted AS a ON a.decision_id = (d.detail->>'decision_id')::uuid
    WHERE d.kind = 'decision'),
-- The first day without it.
stopped AS (
    SELECT s.about AS assignment_id, min(s.day) AS day FROM (
        SELECT about, coalesce(to_date(detail->>'from_month', 'YYYY-MM'), (lessened_at AT TIME ZONE 'Asia/Shanghai')::date) AS day
        FROM decision WHERE lessened_at IS NOT NULL AND word = 'REFUSED'
      UNION ALL
        SELECT e.about, (e.occurred_at AT TIME ZONE 'Asia/Shanghai')::date FROM event AS e
        WHERE e.about IN (SELECT about FROM life WHERE kind = 'assignment') AND e.kind = 'case_event' AND e.word = 'ATTENTION'
          AND e.note LIKE 'AWARD_ENDED %') AS s
    GROUP BY s.about),
dispatched AS (
    SELECT DISTINCT ON (about) about AS decision_id, word FROM life WHERE kind = 'dispatch_result'
    ORDER BY about, occurred_at DESC),
-- What was given back stays given back, in whatever order the news came.
result AS (
    SELECT DISTINCT ON (about, partner) about, partner, word, at, note, detail FROM life
    WHERE kind IN ('payment_result', 'delivery_receipt', 'verification_result', 'claim')
    ORDER BY about, partner, (word = 'RETURNED') DESC, occurred_at DESC, place DESC),
outcome AS (
    SELECT (x->>'assignment_id')::uuid AS assignment_id, x->>'status' AS status
    FROM closed, json_array_elements(closed.detail->'outcomes') AS x),
assigned AS (
    SELECT DISTINCT ON (about) about AS assignment_id, item, word, at, occurred_at, note, amount_fen, detail
    FROM life WHERE kind = 'assignment' ORDER BY about, occurred_at DESC, (word = 'RETURNED') DESC, place DESC),
assignment AS (
    SELECT a.*, coalesce(c.status,
             CASE WHEN a.word = 'WITHDRAWN' THEN 'ENDED_WITHDRAWN'
                  WHEN d.accepted_at IS NULL OR (a.word = 'RETURNED' AND a.occurred_at >= d.accepted_at) THEN 'ASSIGNED'
                  WHEN d.word = 'CONFIRMED' AND p.word = 'ORDERED' THEN 'DISPATCHED'
                  WHEN d.word = 'CONFIRMED' THEN 'CONFIRMED'
                  WHEN a.note = 'NOT_OURS' THEN 'ENDED_RETURNED'
                  ELSE 'ENDED_' || d.word END) AS status
    FROM assigned AS a
    LEFT JOIN outcome AS c USING (assignment_id)
    LEFT JOIN LATERAL (SELECT word, accepted_at, decision_id FROM decision
                       WHERE about = a.assignment_id AND accepted_at IS NOT NULL
                       ORDER BY accepted_at DESC LIMIT 1) AS d ON true
    LEFT JOIN dispatched AS p ON p.decision_id = d.decision_id),
verification AS (
    SELECT DISTINCT ON (q.about) q.about, q.partner, q.word, q.at, q.detail, r.word AS outcome, r.at AS answered_at
    FROM life AS q LEFT JOIN result AS r ON r.about = q.about AND r.partner = q.partner
    WHERE q.kind = 'verification_request' ORDER BY q.about, q.place DESC),
sent AS (
    SELECT o.kind, o.about, o.partner, o.item, o.amount_fen, o.at, o.word, o.detail,
           r.word AS outcome, r.at AS answered_at, r.note AS reason, r.detail AS answer
    FROM life AS o LEFT JOIN result AS r ON r.about = o.about AND r.partner = o.partner
    WHERE o.kind IN ('payment_order', 'delivery_task', 'need')),
due AS (
    SELECT 'assignment' AS what, detail->>'department' AS partner, item, (detail->>'due')::int AS day
    FROM assignment WHERE status = 'ASSIGNED'
  UNION ALL
    SELECT 'verification_request', partner, '', (detail->>'due')::int FROM verification
    WHERE outcome IS NULL AND word = 'REQUESTED'
  UNION ALL
    SELECT kind, partner, item, coalesce(detail->>'due', detail->>'expires')::int FROM sent WHERE outcome IS NULL)
SELECT jsonb_build_object(
  'case_id', o.case_id, 'household_id', o.household_id, 'case_no', (o.detail->>'case_no')::int,
  'division', o.detail->>'division_code',
  'state', CASE WHEN c.occurred_at IS NULL THEN 'OPEN' ELSE 'CLOSED' END,
  'note', c.detail->>'note',
  'opened_at', to_char(o.occurred_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'),
  'closed_at', to_char(c.occurred_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'),
  'applications', (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'application_id', l.about, 'channel', l.word, 'at', l.at, 'joined', w.word = 'APPLICATION_JOINED',
      'aside', w.word = 'ATTENTION',
      'helper', l.detail->'helper'->>'operator_id', 'operator', l.detail->'operator'->>'operator_id')
      ORDER BY l.occurred_at), '[]') FROM life AS l JOIN applied AS w ON w.about = l.about WHERE l.kind = 'application'),
  'assignments', (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'assignment_id', assignment_id, 'item', item, 'department', detail->>'department', 'status', status,
      'round', (detail->>'round')::int, 'verdict', detail->>'verdict', 'amount_fen', amount_fen,
      'reason', nullif(note, ''), 'due', date '1970-01-01' + (detail->>'due')::int, 'stopped_on', s.day)
      ORDER BY item, (detail->>'round')::int), '[]') FROM assignment LEFT JOIN stopped AS s USING (assignment_id)),
  'decisions', (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'decision_id', decision_id, 'assignment_id', about, 'item', item, 'department', partner, 'outcome', word,
      'amount_fen', amount_fen, 'uncovered_fen', (detail->>'uncovered_fen')::bigint, 'delivery', detail->>'delivery',
      'period', detail->>'period', 'from_month', detail->>'from_month', 'reason_text', nullif(detail->>'reason', ''),
      'decided_by', detail->'decided_by'->>'operator_id', 'accepted', coalesce(accepted_at, lessened_at) IS NOT NULL, 'at', at)
      ORDER BY occurred_at, item), '[]') FROM decision),
  'verifications', (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'request_id', about, 'partner', partner, 'action', word, 'verification', detail->>'kind',
      'facts', detail->'facts', 'at', at, 'due', date '1970-01-01' + (detail->>'due')::int,
      'outcome', outcome, 'answered_at', answered_at) ORDER BY at), '[]') FROM verification),
  'payments', (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'order_id', about, 'assignment_id', detail->>'assignment_id', 'partner', partner, 'item', item,
      'fund', detail->>'fund', 'amount_fen', amount_fen, 'period', detail->>'period', 'at', at, 'outcome', outcome,
      'reason_text', nullif(reason, ''), 'reason', nullif(reason, ''), 'answered_at', answered_at)
      ORDER BY at, item), '[]')
      FROM sent WHERE kind = 'payment_order'),
  'deliveries', (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'task_id', about, 'assignment_id', detail->>'assignment_id', 'partner', partner, 'item', item, 'kind', word,
      'amount_fen', amount_fen, 'at', at, 'outcome', outcome, 'attempts', (answer->>'attempts')::int,
      'answered_at', answered_at) ORDER BY at, item), '[]') FROM sent WHERE kind = 'delivery_task'),
  'needs', (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'need_id', about, 'partner', partner, 'item', item, 'amount_fen', amount_fen, 'at', at, 'outcome', outcome,
      'answered_at', answered_at, 'expires', date '1970-01-01' + (detail->>'expires')::int)
      ORDER BY at, item, partner), '[]') FROM sent WHERE kind = 'need'),
  -- What the household asked, and what the matcher said of it first; said again it says nothing.
  'requests', (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'request_id', q.event_id, 'at', q.at, 'kind', q.word, 'item', nullif(q.item, ''),
      'said_by', q.detail->'said_by'->>'operator_id',
      'state', (SELECT s.note FROM life AS s WHERE s.kind = 'case_event' AND s.about = q.event_id AND s.note <> ''
                ORDER BY s.occurred_at, s.place LIMIT 1)) ORDER BY q.occurred_at), '[]')
      FROM life AS q WHERE q.kind = 'household_request'),
  'deadlines', (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'what', what, 'partner', partner, 'item', item, 'due', date '1970-01-01' + day) ORDER BY day, what, item), '[]')
      FROM due WHERE day IS NOT NULL),
  'evaluations', (SELECT count(*) FROM life WHERE kind = 'evaluation'),
  'timeline', (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'at', at, 'record', kind, 'word', CASE WHEN kind <> 'evaluation' THEN word END, 'item', nullif(item, ''),
      'partner', nullif(partner, ''),
      'facts_version', CASE WHEN kind = 'evaluation' THEN amount_fen END,
      'amount_fen', CASE WHEN kind <> 'evaluation' THEN nullif(amount_fen, 0) END,
      'note', CASE WHEN kind NOT IN ('application', 'payment_order', 'review') THEN nullif(note, '') END)
      -- in one instant what follows from it comes behind its cause
      ORDER BY date_trunc('second', occurred_at),
        word = 'CLOSED', array_position(ARRAY['application', 'facts_reported', 'verification_result', 'case_event', 'evaluation',
          'verification_request', 'assignment', 'step', 'payee_change', 'decision', 'dispatch_result'], kind) NULLS LAST,
        occurred_at, topic, place), '[]') FROM life)
), (SELECT encode(body, 'hex') FROM life WHERE kind = 'evaluation' ORDER BY amount_fen DESC LIMIT 1)
FROM opened AS o LEFT JOIN closed AS c ON true

-- Tables that people query without a program of ours (ops/docs/tables.md).
-- `event` is what was said; these are what it comes to: a row a household,
-- case, payment. Each life_<x> holds the rows of the view life_<x>_now, which
-- is the one definition; life_rebuild() writes all of them anew, life_refresh()
-- those of the households of which something has come since. Nothing here is
-- kept that `event` does not say, and nothing in it names a person.
-- `kind || ''`: what is looked for by its id is not looked for by its kind, which
-- is half the county's.

-- The same event may stand in a topic twice: it is one.
CREATE VIEW life_event AS
SELECT DISTINCT ON (household_id, event_id) * FROM event
WHERE household_id IS NOT NULL
ORDER BY household_id, event_id, topic COLLATE "C", part, place;

CREATE VIEW life_case_now AS
SELECT o.household_id, o.case_id, (o.detail->>'case_no')::int AS case_no, o.detail->>'division_code' AS division_code,
       coalesce(o.detail->>'channel', '') AS channel, o.occurred_at AS opened_at, c.occurred_at AS closed_at,
       coalesce(c.note, '') AS closed_why
FROM (SELECT DISTINCT ON (household_id, case_id) * FROM event WHERE kind = 'case_event' AND word = 'OPENED'
      ORDER BY household_id, case_id, occurred_at, part, place) AS o
LEFT JOIN (SELECT DISTINCT ON (household_id, case_id) * FROM event WHERE kind = 'case_event' AND word = 'CLOSED'
           ORDER BY household_id, case_id, occurred_at, part, place) AS c
  ON c.household_id = o.household_id AND c.case_id = o.case_id
WHERE o.case_id IS NOT NULL AND o.household_id IS NOT NULL;

-- `people`: as the newest decision has it; NULL: none says so.
CREATE VIEW life_household_now AS
SELECT c.household_id, n.division_code, s.people, c.cases, c.open_cases, c.first_at, n.opened_at AS newest_at
FROM (SELECT household_id, count(*) AS cases, count(*) FILTER (WHERE closed_at IS NULL) AS open_cases,
             min(opened_at) AS first_at
      FROM life_case_now GROUP BY household_id) AS c
JOIN (SELECT DISTINCT ON (household_id) household_id, division_code, opened_at FROM life_case_now
      ORDER BY household_id, opened_at DESC, case_id) AS n ON n.household_id = c.household_id
LEFT JOIN (SELECT DISTINCT ON (household_id) household_id, (detail->>'household_size')::int AS people FROM event
           WHERE kind = 'case_event' AND (detail->>'household_size')::int > 0
           ORDER BY household_id, occurred_at DESC, part, place DESC) AS s ON s.household_id = c.household_id;

-- Who is named by a household beside its head; he left when the matcher took
-- the change (RESULT_FOLDED, MEMBERS_...), not when somebody said so.
CREATE VIEW life_member_now AS
SELECT m.household_id, m.person_id, m.named_at, l.left_on, coalesce(l.why, '') AS left_why
FROM (SELECT DISTINCT ON ((detail->>'member_of')::uuid, about) (detail->>'member_of')::uuid AS household_id, about AS person_id,
             occurred_at AS named_at
      FROM event WHERE kind = 'membership' AND about IS NOT NULL
      ORDER BY (detail->>'member_of')::uuid, about, occurred_at, part, place) AS m
LEFT JOIN LATERAL (SELECT date '1970-01-01' + (g.detail->>'from')::int AS left_on, g.word AS why
                   FROM event AS g
                   WHERE g.kind = 'membership_change' AND g.household_id = m.household_id
                     AND g.detail->'members' IS NOT NULL
                     AND m.person_id::text IN (SELECT json_array_elements_text(g.detail->'members'))
                     AND EXISTS (SELECT FROM event AS a WHERE a.about = g.event_id AND a.household_id = g.household_id
                                   AND a.kind || '' = 'case_event' AND a.word = 'RESULT_FOLDED' AND a.note LIKE 'MEMBERS\_%')
                   ORDER BY g.occurred_at DESC, g.place DESC LIMIT 1) AS l ON true
WHERE m.household_id IS NOT NULL;

CREATE VIEW life_decision_now AS
SELECT d.household_id, (d.detail->>'decision_id')::uuid AS decision_id, d.about AS assignment_id, d.case_id, d.item,
       d.partner AS department, d.word AS outcome, d.amount_fen, (d.detail->>'uncovered_fen')::bigint AS uncovered_fen,
       coalesce(d.detail->>'delivery', '') AS delivery, coalesce(d.detail->>'period', '') AS period,
       d.detail->>'from_month' AS from_month, coalesce(d.detail->'decided_by'->>'operator_id', '') AS decided_by,
       d.occurred_at AS decided_at, a.occurred_at AS accepted_at, a.detail->>'fund' AS fund,
       nullif((a.detail->>'household_size')::int, 0) AS people
FROM (SELECT DISTINCT ON (household_id, detail->>'decision_id') * FROM event
      WHERE kind = 'decision' AND about IS NOT NULL AND detail->>'decision_id' IS NOT NULL
      ORDER BY household_id, detail->>'decision_id', occurred_at, part, place) AS d
LEFT JOIN LATERAL (SELECT e.occurred_at, e.detail FROM event AS e
                   WHERE e.about = (d.detail->>'decision_id')::uuid AND e.household_id = d.household_id
                     AND e.kind || '' = 'case_event' AND e.word = 'DECISION_ACCEPTED'
                   ORDER BY e.occurred_at, e.place LIMIT 1) AS a ON true
WHERE d.household_id IS NOT NULL;

-- As it was said last; its state follows from what was accepted.
CREATE VIEW life_assignment_now AS
SELECT a.household_id, a.about AS assignment_id, a.case_id, a.item, coalesce(a.detail->>'department', '') AS department,
       (a.detail->>'round')::int AS round, coalesce(a.detail->>'verdict', '') AS verdict, a.amount_fen,
       a.detail->>'division_code' AS division_code, f.first_at AS assigned_at,
       date '1970-01-01' + (a.detail->>'due')::int AS due,
       CASE WHEN a.word = 'WITHDRAWN' THEN 'WITHDRAWN'
            WHEN d.decision_id IS NULL OR (a.word = 'RETURNED' AND a.occurred_at >= d.accepted_at) THEN 'ASSIGNED'
            ELSE d.outcome END AS state
FROM (SELECT DISTINCT ON (household_id, about) * FROM event WHERE kind = 'assignment' AND about IS NOT NULL
      ORDER BY household_id, about, occurred_at DESC, (word = 'RETURNED') DESC, place DESC) AS a
JOIN (SELECT household_id, about, min(occurred_at) AS first_at FROM event WHERE kind = 'assignment'
      GROUP BY household_id, about) AS f ON f.household_id = a.household_id AND f.about = a.about
LEFT JOIN (SELECT DISTINCT ON (household_id, assignment_id) * FROM life_decision_now WHERE accepted_at IS NOT NULL
           ORDER BY household_id, assignment_id, accepted_at DESC, decision_id) AS d
  ON d.household_id = a.household_id AND d.assignment_id = a.about;

-- `accepted_at`: when the matcher took it; NULL: it did not.
CREATE VIEW life_step_now AS
SELECT s.household_id, s.event_id AS step_id, s.about AS assignment_id, s.case_id, s.item, s.word AS kind,
       coalesce(s.detail->'done_by'->>'operator_id', '') AS done_by, s.detail->'second'->>'operator_id' AS second,
       s.occurred_at AS said_at, a.occurred_at AS accepted_at
FROM life_event AS s
LEFT JOIN LATERAL (SELECT e.occurred_at FROM event AS e
                   WHERE e.about = s.event_id AND e.household_id = s.household_id
                     AND e.kind || '' = 'case_event' AND e.word = 'STEP'
                   ORDER BY e.occurred_at, e.place LIMIT 1) AS a ON true
WHERE s.kind = 'step';

-- What was granted and accepted: of each assignment the newest word. ENDED: a
-- later accepted decision refused it, or what it paid was for once.
CREATE VIEW life_award_now AS
SELECT household_id, assignment_id, decision_id, case_id, item, department, amount_fen, period, from_month, fund, delivery,
       people, granted_at, CASE WHEN outcome = 'CONFIRMED' AND period NOT IN ('ONCE', '') THEN 'LIVE'
                                WHEN outcome = 'CONFIRMED' THEN 'ONCE' ELSE 'ENDED' END AS state,
       CASE WHEN outcome <> 'CONFIRMED' THEN accepted_at END AS ended_at
FROM (SELECT DISTINCT ON (household_id, assignment_id) household_id, assignment_id, decision_id, case_id, item, department,
             amount_fen, period, from_month, fund, delivery, people, accepted_at AS granted_at, newest AS outcome,
             newest_at AS accepted_at
      FROM (SELECT d.*, first_value(outcome) OVER w AS newest, first_value(accepted_at) OVER w AS newest_at
            FROM life_decision_now AS d WHERE accepted_at IS NOT NULL
            WINDOW w AS (PARTITION BY household_id, assignment_id ORDER BY accepted_at DESC, decision_id)) AS told
      WHERE outcome = 'CONFIRMED'
      ORDER BY household_id, assignment_id, accepted_at DESC, decision_id) AS newest;

-- What was given back stays given back, in whatever order the news came. Only
-- the answer of who was asked counts, and of the amount that was asked.
CREATE VIEW life_payment_now AS
SELECT o.household_id, o.about AS order_id, (o.detail->>'decision_id')::uuid AS decision_id,
       (o.detail->>'assignment_id')::uuid AS assignment_id, o.case_id, o.item, o.partner AS bank,
       coalesce(o.detail->>'fund', '') AS fund, o.amount_fen, coalesce(o.detail->>'period', '') AS period, o.detail->>'from_month' AS from_month,
       o.occurred_at AS ordered_at, coalesce(b.word, r.word, s.word, 'ORDERED') AS state, s.day AS paid_on, b.day AS returned_on,
       coalesce(r.note, b.note, '') AS reason
FROM (SELECT DISTINCT ON (household_id, about) * FROM event WHERE kind = 'payment_order' AND about IS NOT NULL
      ORDER BY household_id, about, occurred_at, part, place) AS o
LEFT JOIN LATERAL (SELECT e.word, date '1970-01-01' + (e.detail->>'value_date')::int AS day FROM event AS e
                   WHERE e.about = o.about AND e.kind || '' = 'payment_result' AND e.word = 'SETTLED' AND e.partner = o.partner
                     AND e.amount_fen = o.amount_fen ORDER BY e.occurred_at, e.place LIMIT 1) AS s ON true
LEFT JOIN LATERAL (SELECT e.word, e.note, date '1970-01-01' + (e.detail->>'value_date')::int AS day FROM event AS e
                   WHERE e.about = o.about AND e.kind || '' = 'payment_result' AND e.word = 'RETURNED' AND e.partner = o.partner
                     AND e.amount_fen = o.amount_fen ORDER BY e.occurred_at, e.place LIMIT 1) AS b ON true
LEFT JOIN LATERAL (SELECT e.word, e.note FROM event AS e
                   WHERE e.about = o.about AND e.kind || '' = 'payment_result' AND e.word = 'REJECTED' AND e.partner = o.partner
                     AND s.word IS NULL ORDER BY e.occurred_at, e.place LIMIT 1) AS r ON true
WHERE o.household_id IS NOT NULL;

CREATE VIEW life_delivery_now AS
SELECT o.household_id, o.about AS task_id, (o.detail->>'decision_id')::uuid AS decision_id,
       (o.detail->>'assignment_id')::uuid AS assignment_id, o.case_id, o.item, o.partner AS post, o.word AS kind,
       coalesce(o.detail->>'fund', '') AS fund, o.amount_fen, o.occurred_at AS asked_at, coalesce(r.word, 'ASKED') AS state,
       (r.detail->>'attempts')::int AS attempts, r.occurred_at AS answered_at,
       CASE WHEN r.word IN ('SIGNED', 'PAID') THEN (r.occurred_at AT TIME ZONE 'Asia/Shanghai')::date END AS received_on
FROM (SELECT DISTINCT ON (household_id, about) * FROM event WHERE kind = 'delivery_task' AND about IS NOT NULL
      ORDER BY household_id, about, occurred_at, part, place) AS o
LEFT JOIN LATERAL (SELECT e.* FROM event AS e
                   WHERE e.about = o.about AND e.kind || '' = 'delivery_receipt' AND e.partner = o.partner
                   ORDER BY (e.word = 'RETURNED') DESC, e.occurred_at DESC, e.place DESC LIMIT 1) AS r ON true
WHERE o.household_id IS NOT NULL;

CREATE VIEW life_verification_now AS
SELECT q.household_id, q.about AS request_id, q.case_id, q.partner AS insurer, coalesce(q.detail->>'kind', '') AS kind,
       q.word AS action, q.occurred_at AS asked_at, date '1970-01-01' + (q.detail->>'due')::int AS due,
       r.word AS outcome, r.occurred_at AS answered_at
FROM (SELECT DISTINCT ON (household_id, about) * FROM event WHERE kind = 'verification_request' AND about IS NOT NULL
      ORDER BY household_id, about, place DESC, topic COLLATE "C", part) AS q
LEFT JOIN LATERAL (SELECT e.word, e.occurred_at FROM event AS e
                   WHERE e.about = q.about AND e.kind || '' = 'verification_result' AND e.partner = q.partner
                   ORDER BY e.occurred_at DESC, e.place DESC LIMIT 1) AS r ON true
WHERE q.household_id IS NOT NULL;

-- A need names no household: what dispatch says of it does.
CREATE VIEW life_need_now AS
SELECT w.household_id, n.about AS need_id, w.decision_id, w.case_id, n.item, n.amount_fen AS gap_fen,
       n.detail->>'town_code' AS town_code, n.occurred_at AS published_at,
       date '1970-01-01' + (n.detail->>'expires')::int AS expires
FROM (SELECT DISTINCT ON (e.household_id, (l->>'order_id')::uuid) e.household_id, (l->>'order_id')::uuid AS need_id,
             e.about AS decision_id, e.case_id
      FROM event AS e, json_array_elements(e.detail->'lines') AS l
      WHERE e.kind = 'dispatch_result' AND l->>'kind' = 'NEED' AND e.household_id IS NOT NULL
      ORDER BY e.household_id, (l->>'order_id')::uuid, e.occurred_at, e.place) AS w
JOIN LATERAL (SELECT e.* FROM event AS e WHERE e.about = w.need_id AND e.kind || '' = 'need'
              ORDER BY e.occurred_at, e.topic COLLATE "C", e.part, e.place LIMIT 1) AS n ON true;

-- What a charity said of a need, and what the bus held of it (`won_fen`).
CREATE VIEW life_claim_now AS
SELECT n.household_id, c.claim_id, n.need_id, n.case_id, n.decision_id, n.item, c.partner AS charity, c.state, c.amount_fen,
       r.won_fen, c.occurred_at AS said_at,
       CASE WHEN c.state = 'DELIVERED' THEN (c.occurred_at AT TIME ZONE 'Asia/Shanghai')::date END AS received_on
FROM life_need_now AS n
JOIN LATERAL (SELECT DISTINCT ON (e.detail->>'claim_id') (e.detail->>'claim_id')::uuid AS claim_id, e.partner,
                     e.word AS state, e.amount_fen, e.occurred_at
              FROM event AS e WHERE e.about = n.need_id AND e.kind || '' = 'claim' AND e.detail->>'claim_id' IS NOT NULL
              ORDER BY e.detail->>'claim_id', (e.word = 'DELIVERED') DESC, e.occurred_at DESC, e.place DESC) AS c ON true
LEFT JOIN LATERAL (SELECT e.amount_fen AS won_fen FROM event AS e
                   WHERE e.about = n.need_id AND e.kind || '' = 'claim_result' AND (e.detail->>'claim_id')::uuid = c.claim_id
                     AND e.word IN ('WON', 'PARTLY')
                   ORDER BY e.occurred_at DESC, e.place DESC LIMIT 1) AS r ON true;

CREATE TABLE life_household AS SELECT * FROM life_household_now WITH NO DATA;
CREATE TABLE life_member AS SELECT * FROM life_member_now WITH NO DATA;
CREATE TABLE life_case AS SELECT * FROM life_case_now WITH NO DATA;
CREATE TABLE life_assignment AS SELECT * FROM life_assignment_now WITH NO DATA;
CREATE TABLE life_step AS SELECT * FROM life_step_now WITH NO DATA;
CREATE TABLE life_decision AS SELECT * FROM life_decision_now WITH NO DATA;
CREATE TABLE life_award AS SELECT * FROM life_award_now WITH NO DATA;
CREATE TABLE life_payment AS SELECT * FROM life_payment_now WITH NO DATA;
CREATE TABLE life_delivery AS SELECT * FROM life_delivery_now WITH NO DATA;
CREATE TABLE life_verification AS SELECT * FROM life_verification_now WITH NO DATA;
CREATE TABLE life_need AS SELECT * FROM life_need_now WITH NO DATA;
CREATE TABLE life_claim AS SELECT * FROM life_claim_now WITH NO DATA;
-- The household stands first in every key: a household's rows are written anew
-- together.
ALTER TABLE life_household ADD PRIMARY KEY (household_id);
ALTER TABLE life_member ADD PRIMARY KEY (household_id, person_id);
ALTER TABLE life_case ADD PRIMARY KEY (household_id, case_id);
ALTER TABLE life_assignment ADD PRIMARY KEY (household_id, assignment_id);
ALTER TABLE life_step ADD PRIMARY KEY (household_id, step_id);
ALTER TABLE life_decision ADD PRIMARY KEY (household_id, decision_id);
ALTER TABLE life_award ADD PRIMARY KEY (household_id, assignment_id);
ALTER TABLE life_payment ADD PRIMARY KEY (household_id, order_id);
ALTER TABLE life_delivery ADD PRIMARY KEY (household_id, task_id);
ALTER TABLE life_verification ADD PRIMARY KEY (household_id, request_id);
ALTER TABLE life_need ADD PRIMARY KEY (household_id, need_id);
ALTER TABLE life_claim ADD PRIMARY KEY (household_id, claim_id);
CREATE INDEX life_household_by_division ON life_household (division_code);
CREATE INDEX life_payment_by_day ON life_payment (paid_on);
CREATE INDEX life_payment_by_return ON life_payment (returned_on) WHERE returned_on IS NOT NULL;
CREATE INDEX life_need_by_id ON life_need (need_id);

-- How far of each partition the tables tell.
CREATE TABLE life_reading (
    topic text   NOT NULL,
    part  int    NOT NULL,
    next  bigint NOT NULL,
    PRIMARY KEY (topic, part)
);

-- Rows of these households, or of all (NULL), written anew; how many there are.
CREATE FUNCTION life_fill(homes uuid[]) RETURNS bigint LANGUAGE plpgsql
    SECURITY DEFINER SET search_path FROM CURRENT SET jit = off AS $$
DECLARE
    name text;
    n bigint;
    total bigint := 0;
BEGIN
    FOREACH name IN ARRAY ARRAY['household', 'member', 'case', 'assignment', 'step', 'decision', 'award', 'payment',
                                'delivery', 'verification', 'need', 'claim'] LOOP
        IF homes IS NULL THEN
            EXECUTE format('TRUNCATE %I', 'life_' || name);
            EXECUTE format('INSERT INTO %I SELECT * FROM %I', 'life_' || name, 'life_' || name || '_now');
        ELSE
            EXECUTE format('DELETE FROM %I WHERE household_id = ANY ($1)', 'life_' || name) USING homes;
            EXECUTE format('INSERT INTO %I SELECT * FROM %I WHERE household_id = ANY ($1)', 'life_' || name,
                           'life_' || name || '_now') USING homes;
        END IF;
        GET DIAGNOSTICS n = ROW_COUNT;
        total := total + n;
    END LOOP;
    RETURN total;
END $$;

-- How far was read is looked at first: what comes meanwhile is written now and
-- once more the next time, which changes nothing.
CREATE FUNCTION life_rebuild() RETURNS bigint LANGUAGE plpgsql
    SECURITY DEFINER SET search_path FROM CURRENT SET jit = off AS $$
DECLARE
    total bigint;
BEGIN
    LOCK TABLE life_reading IN EXCLUSIVE MODE;
    DELETE FROM life_reading;
    INSERT INTO life_reading SELECT topic, part, next FROM reading;
    total := life_fill(NULL);
    RETURN total;
END $$;

CREATE FUNCTION life_refresh() RETURNS bigint LANGUAGE plpgsql
    SECURITY DEFINER SET search_path FROM CURRENT SET jit = off AS $$
DECLARE
    homes uuid[];
    now_at jsonb;
BEGIN
    LOCK TABLE life_reading IN EXCLUSIVE MODE;
    now_at := (SELECT coalesce(jsonb_agg(jsonb_build_array(topic, part, next)), '[]') FROM reading);
    WITH new AS (
        SELECT e.household_id, e.kind, e.about, e.detail FROM reading AS r
        LEFT JOIN life_reading AS l ON l.topic = r.topic AND l.part = r.part
        JOIN event AS e ON e.topic = r.topic AND e.part = r.part AND e.place >= coalesce(l.next, 0)
        WHERE r.next > coalesce(l.next, 0))
    SELECT array_agg(DISTINCT id) INTO homes FROM (
        SELECT household_id AS id FROM new WHERE kind NOT IN ('need', 'claim', 'claim_result')
      UNION SELECT (detail->>'member_of')::uuid FROM new WHERE kind = 'membership'
      UNION SELECT w.household_id FROM life_need AS w JOIN new ON new.about = w.need_id
      -- whose need it is was told before the need came itself
      UNION SELECT d.household_id FROM event AS d, json_array_elements(d.detail->'lines') AS l
        WHERE d.kind = 'dispatch_result' AND l->>'kind' = 'NEED' AND EXISTS (SELECT FROM new WHERE kind = 'need')
          AND (l->>'order_id')::uuid IN (SELECT about FROM new WHERE kind = 'need')
    ) AS touched WHERE id IS NOT NULL;
    DELETE FROM life_reading;
    INSERT INTO life_reading SELECT x->>0, (x->>1)::int, (x->>2)::bigint FROM jsonb_array_elements(now_at) AS x;
    RETURN CASE WHEN homes IS NULL THEN 0 ELSE life_fill(homes) END;
END $$;
REVOKE ALL ON FUNCTION life_fill(uuid[]), life_rebuild(), life_refresh() FROM PUBLIC;

-- Cases, the newest first. $1 'OPEN', 'CLOSED', 'CONFLICT' (a person of it is in
-- another household too: for people to look at) or '' for all; $2 the start of
-- a division code (town or village) or ''; $3 how many at most; $4 ids with a comma
-- between them, or '': cases of which one is the household, an application, or a
-- person that the household names.
SELECT coalesce(jsonb_agg(row_to_json(c)::jsonb), '[]') FROM (
    SELECT o.case_id, o.household_id, (o.detail->>'case_no')::int AS case_no,
           o.detail->>'division_code' AS division, o.detail->>'channel' AS channel,
           to_char(o.occurred_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') AS opened_at,
           CASE WHEN e.case_id IS NULL THEN 'OPEN' ELSE 'CLOSED' END AS state,
           json_array_length(e.detail->'outcomes') AS outcomes, k.conflicts
    FROM event AS o
    LEFT JOIN LATERAL (SELECT case_id, detail FROM event
                       WHERE household_id = o.household_id AND case_id = o.case_id
                         AND kind = 'case_event' AND word = 'CLOSED' LIMIT 1) AS e ON true
    LEFT JOIN LATERAL (SELECT jsonb_agg(DISTINCT detail->>'other_household') AS conflicts FROM event
                       WHERE household_id = o.household_id AND case_id = o.case_id
                         AND kind = 'case_event' AND word = 'CONFLICT') AS k ON true
    WHERE o.kind = 'case_event' AND o.word = 'OPENED'
      AND CASE $1 WHEN 'OPEN' THEN e.case_id IS NULL WHEN 'CLOSED' THEN e.case_id IS NOT NULL
                  WHEN 'CONFLICT' THEN k.conflicts IS NOT NULL ELSE true END
      AND starts_with(coalesce(o.detail->>'division_code', ''), $2)
      AND ($4 = '' OR o.case_id IN (
        SELECT s.case_id FROM event AS s
        WHERE s.household_id = ANY (string_to_array(nullif($4, '-'), ',')::uuid[])
          AND s.kind = 'case_event' AND s.word = 'OPENED'
      UNION
        SELECT s.case_id FROM event AS s
        WHERE s.about = ANY (string_to_array(nullif($4, '-'), ',')::uuid[])
          AND (s.kind = 'membership' OR (s.kind = 'case_event' AND s.word IN ('OPENED', 'APPLICATION_JOINED')))))
    ORDER BY o.occurred_at DESC, o.case_id
    LIMIT $3::bigint
) AS c

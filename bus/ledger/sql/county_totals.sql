-- The county on day $1: cases that came and ended on it, that are open; what
-- waits, is overdue, has not been touched for $2 days; how many events the
-- tables do not tell yet.
WITH day AS (SELECT $1::date::timestamp AT TIME ZONE 'Asia/Shanghai' AS began,
                    ($1::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AS ends)
SELECT (SELECT count(*) FROM life_case, day WHERE opened_at >= began AND opened_at < ends),
       (SELECT count(*) FROM life_case, day WHERE closed_at >= began AND closed_at < ends),
       (SELECT count(*) FROM life_case, day WHERE opened_at < ends AND (closed_at IS NULL OR closed_at >= ends)),
       count(assignment_id), count(*) FILTER (WHERE due < $1::date),
       count(*) FILTER (WHERE heard_at < began - make_interval(days => $2::int)),
       (SELECT coalesce(sum(r.next - coalesce(l.next, 0)), 0)::bigint FROM reading AS r
        LEFT JOIN life_reading AS l ON l.topic = r.topic AND l.part = r.part)
FROM day LEFT JOIN life_waiting ON true

-- What remains of a fund's year; the first year before it of which something
-- does; orders of it that no bank has answered, and two of their lines.
WITH asked AS (
    SELECT l.line_id FROM batch b JOIN batch_line l USING (batch_id)
    WHERE b.fund = $1 AND b.sent_at IS NOT NULL AND l.open AND b.pay_day < make_date($2::int + 1, 1, 1)
)
SELECT coalesce((SELECT remains FROM fund_year WHERE fund = $1 AND year = $2::int), 0),
       coalesce((SELECT min(year) FROM fund_year WHERE fund = $1 AND year < $2::int AND remains <> 0), 0),
       (SELECT count(*) FROM asked),
       coalesce((SELECT string_agg(line_id::text, ', ') FROM (SELECT line_id FROM asked ORDER BY 1 LIMIT 2) n), '')

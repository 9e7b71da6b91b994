-- Of an office, what its people still have to do with.
SELECT application, CASE WHEN state <> 'changeable' THEN state WHEN claimed IS NULL AND until > now() THEN 'open' ELSE 'leaving' END,
    to_char(until AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI')
FROM desk_held WHERE org = $1 AND state IN ('changeable', 'returned') ORDER BY until DESC LIMIT 50

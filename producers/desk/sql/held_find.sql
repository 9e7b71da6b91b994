-- state: "open", "leaving", "left", "withdrawn", "returned"
SELECT CASE WHEN state <> 'changeable' THEN state WHEN claimed IS NULL AND until > now() THEN 'open' ELSE 'leaving' END,
    to_char(until AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'), coalesce(encode(sealed, 'hex'), '')
FROM desk_held WHERE application = $1 AND org = $2

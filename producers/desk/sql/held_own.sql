-- As held_find, by the end of the document; after three wrong ones by nobody.
UPDATE desk_held SET wrong = wrong + (second <> decode($2, 'hex'))::int
WHERE application = $1 AND wrong < 3
RETURNING CASE WHEN second <> decode($2, 'hex') THEN '' WHEN state <> 'changeable' THEN state
        WHEN claimed IS NULL AND until > now() THEN 'open' ELSE 'leaving' END,
    to_char(until AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI')

-- 'left', 'returned', or 'changeable': not now, again in five seconds.
UPDATE desk_held SET state = $2, sealed = CASE WHEN $2 = 'left' THEN NULL ELSE sealed END,
    claimed = CASE WHEN $2 = 'changeable' THEN now() - interval '55 seconds' ELSE claimed END
WHERE application = $1 AND state = 'changeable' AND claimed IS NOT NULL

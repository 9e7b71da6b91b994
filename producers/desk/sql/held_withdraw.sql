UPDATE desk_held SET state = 'withdrawn', sealed = NULL
WHERE application = $1 AND (org = $2 OR (second = decode($3, 'hex') AND wrong < 3))
  AND (state = 'returned' OR (state = 'changeable' AND claimed IS NULL AND until > now()))

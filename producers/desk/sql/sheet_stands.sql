-- Board $1's sheet of month $2 as it is published now: the newest, unless that one was withdrawn.
SELECT version, sm3, to_char(published_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') FROM (
    SELECT * FROM life_sheet WHERE board_code = $1 AND month = $2 ORDER BY version DESC LIMIT 1) AS s
WHERE withdrawn_at IS NULL

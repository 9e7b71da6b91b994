-- What is published of month $1 ("": the newest there is): the county's and the towns', or with town $2 its own
-- and its villages'.
SELECT DISTINCT ON (board_code COLLATE "C") board_code, month, to_char(published_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'), lines, total_fen
FROM life_sheet
WHERE withdrawn_at IS NULL
  AND month = coalesce(nullif($1, ''), (SELECT max(month) FROM life_sheet WHERE withdrawn_at IS NULL))
  AND CASE WHEN $2 = '' THEN length(board_code) < 12 ELSE left(board_code, 9) = $2 END
ORDER BY board_code COLLATE "C", version DESC

-- The newest version of each board's sheet of month $1.
SELECT DISTINCT ON (board_code COLLATE "C") board_code, version, CASE WHEN withdrawn_at IS NULL THEN 'PUBLISHED' ELSE 'WITHDRAWN' END, sm3,
       sm3_html, sm3_pdf
FROM life_sheet WHERE month = $1 ORDER BY board_code COLLATE "C", version DESC

-- Who said that the sheet of month $1 that stands hangs on its board.
SELECT p.board_code, p.said_by, p.posted_on::text FROM life_posting AS p
JOIN life_sheet AS s ON s.board_code = p.board_code AND s.month = p.month AND s.version = p.version AND s.sm3 = p.sm3
WHERE p.month = $1 AND s.withdrawn_at IS NULL ORDER BY p.board_code COLLATE "C", p.said_at

-- Of each of the newest six months that have sheets: how many boards have one
-- that stands, on how many of them nobody says it hangs.
SELECT s.month, count(*), count(*) FILTER (WHERE NOT EXISTS (
         SELECT FROM life_posting AS p WHERE p.board_code = s.board_code AND p.month = s.month AND p.version = s.version
           AND p.sm3 = s.sm3))
FROM (SELECT DISTINCT ON (board_code, month) board_code, month, version, sm3, withdrawn_at FROM life_sheet
      ORDER BY board_code, month, version DESC) AS s
WHERE s.withdrawn_at IS NULL GROUP BY s.month ORDER BY s.month DESC LIMIT 6

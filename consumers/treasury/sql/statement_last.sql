SELECT n, closing_fen, closing_day - DATE '1970-01-01', coalesce(number, -1), name FROM statement
WHERE bank = $1 AND fund = $2 ORDER BY n DESC LIMIT 1

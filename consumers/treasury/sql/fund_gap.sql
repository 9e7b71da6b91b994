-- The oldest of a fund's statements that wait for one before them.
SELECT 'F' || n, reason FROM bank_file_waiting WHERE fund = $1 ORDER BY n LIMIT 1

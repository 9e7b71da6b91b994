INSERT INTO bank_file_look (n, looked_by, why)
SELECT n, $2, $3 FROM bank_file_waiting WHERE 'F' || n = $1 RETURNING n

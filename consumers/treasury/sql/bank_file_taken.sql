-- Taken already: this file, or another of the same number.
SELECT sm3 = $2::bytea, to_char(at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI') FROM bank_file
WHERE bank = $1 AND ended = 'TAKEN' AND (sm3 = $2::bytea OR (kind = $3 AND message = $4 AND message <> ''))
ORDER BY sm3 = $2::bytea DESC LIMIT 1

SELECT n, at, who, via, purpose, record, fields, encode(chain, 'hex')
FROM read_log WHERE n > $1::bigint ORDER BY n LIMIT 5000

INSERT INTO read_log (n, chain, at, who, via, purpose, record, fields)
VALUES ($1::bigint, decode($2, 'hex'), $3, $4, $5, $6, $7, $8)

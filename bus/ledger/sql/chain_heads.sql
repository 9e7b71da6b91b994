-- How far each partition has been read, and its chain's newest row.
SELECT topic, part, next, n, encode(chain, 'hex'), since FROM reading ORDER BY topic COLLATE "C", part

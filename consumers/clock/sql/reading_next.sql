-- A partition of which the ledger has more than the clock has read.
SELECT r.topic, r.part, coalesce(c.next, 0), least(r.next, coalesce(c.next, 0) + $1::bigint)
FROM reading r LEFT JOIN clock_reading c USING (topic, part)
WHERE r.next > coalesce(c.next, 0) ORDER BY r.topic, r.part LIMIT 1

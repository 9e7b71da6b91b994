-- How the county stands, by the ledger: what waits for somebody.
SELECT (SELECT count(*) FROM deadline WHERE stage IN ('overdue', 'escalated')),
       (SELECT count(*) FROM deadline WHERE stage = 'escalated'),
       (SELECT count(DISTINCT event_id) FILTER (WHERE word NOT IN ('REDRIVEN', 'CLOSED'))
                - count(DISTINCT event_id) FILTER (WHERE word IN ('REDRIVEN', 'CLOSED'))
        FROM event WHERE kind = 'dead_letter'),
       (SELECT count(DISTINCT event_id) FILTER (WHERE word = 'PARKED') - count(DISTINCT event_id) FILTER (WHERE word = 'RELEASED')
        FROM event WHERE kind = 'parked_note'),
       (SELECT count(*) FROM outbox WHERE sent_at IS NULL)

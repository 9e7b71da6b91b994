-- What waits to be relayed and stands in the ledger was sent.
UPDATE outbox o SET sent_at = now()
WHERE owner = $1 AND sent_at IS NULL AND EXISTS (SELECT FROM event e WHERE e.event_id = o.event_id)

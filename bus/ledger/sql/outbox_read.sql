-- How far the ledger has read a topic.
SELECT part, next FROM reading WHERE topic = $1

SELECT id, topic, value, event_id, ce_type, household_id, case_id, cause_id,
       (extract(epoch FROM occurred_at) * 1000)::bigint
FROM outbox WHERE sent_at IS NULL ORDER BY id LIMIT $1::int

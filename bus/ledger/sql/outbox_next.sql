SELECT id, topic, value, event_id, ce_type, household_id, coalesce(case_id, '00000000-0000-0000-0000-000000000000'),
       coalesce(cause_id, '00000000-0000-0000-0000-000000000000'), (extract(epoch FROM occurred_at) * 1000)::bigint
FROM outbox WHERE owner = $1 AND sent_at IS NULL ORDER BY id LIMIT $2::int

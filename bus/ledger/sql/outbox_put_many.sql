-- $10: when it was, in milliseconds; NULL: now.
INSERT INTO outbox (topic, key, value, event_id, ce_type, household_id, case_id, cause_id, owner, occurred_at)
SELECT topic, key, value, event_id, ce_type, household_id, case_id, cause_id, owner, coalesce(to_timestamp(at / 1000.0), now())
FROM unnest($1::text[], $2::text[], $3::bytea[], $4::uuid[], $5::text[], $6::uuid[], $7::uuid[], $8::uuid[], $9::text[], $10::bigint[])
    o(topic, key, value, event_id, ce_type, household_id, case_id, cause_id, owner, at)
ON CONFLICT (event_id) DO NOTHING

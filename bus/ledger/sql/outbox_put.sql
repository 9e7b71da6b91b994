INSERT INTO outbox (topic, key, value, event_id, ce_type, household_id, case_id, cause_id, owner, occurred_at)
VALUES ($1, $2, $3::bytea, $4::uuid, $5, $6::uuid, $7::uuid, $8::uuid, $9,
        coalesce(to_timestamp($10::bigint / 1000.0), now()))
ON CONFLICT (event_id) DO NOTHING

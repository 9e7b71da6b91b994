-- One batch. What is there already (same topic, part, place) stays. The columns
-- stand in the order of the chain (bus/ledger/chain.h).
INSERT INTO event (topic, part, place, event_id, kind, household_id, case_id, about, word, item, partner,
                   amount_fen, note, occurred_at, detail, body, recorded_at, n, chain)
SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[], $4::uuid[], $5::text[], $6::uuid[], $7::uuid[], $8::uuid[],
                     $9::text[], $10::text[], $11::text[], $12::bigint[], $13::text[], $14::timestamptz[], $15::json[],
                     $16::bytea[], $17::timestamptz[], $18::bigint[], $19::bytea[])
ON CONFLICT DO NOTHING

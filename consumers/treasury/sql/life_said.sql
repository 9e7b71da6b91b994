INSERT INTO life_change (event_id, household_id, kind, from_day) VALUES ($1::uuid, $2::uuid, $3, $4::date)
ON CONFLICT (event_id) DO UPDATE SET household_id = excluded.household_id, kind = excluded.kind, from_day = excluded.from_day

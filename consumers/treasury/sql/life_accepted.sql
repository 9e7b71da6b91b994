INSERT INTO life_change (event_id, household_id, accepted, of_head, ended)
VALUES ($1::uuid, $2::uuid, true, $3::boolean, $4::uuid[])
ON CONFLICT (event_id) DO UPDATE SET accepted = true, of_head = life_change.of_head OR excluded.of_head,
    ended = life_change.ended || excluded.ended, done = false

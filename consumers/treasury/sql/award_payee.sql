UPDATE award SET payee_hash = $2::bytea, personal = $3::bytea, event_id = $4::uuid
WHERE assignment_id = $1::uuid RETURNING assignment_id

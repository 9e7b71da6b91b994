-- One waits for an assignment at a time. No row: another does.
INSERT INTO desk_payee (change, assignment, household, sealed, said_by, said_org, said_role)
VALUES ($1, $2, $3, decode($4, 'hex'), $5, $6, $7) ON CONFLICT DO NOTHING RETURNING change

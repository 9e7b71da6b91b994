-- What has waited for a month waits no longer; one waits for an assignment at a time. No row: another does.
WITH gone AS (DELETE FROM desk_payee WHERE state = 'open' AND said_at < now() - interval '30 days')
INSERT INTO desk_payee (change, assignment, household, sealed, said_by, said_org, said_role)
SELECT $1, $2, $3, decode($4, 'hex'), $5, $6, $7
WHERE NOT EXISTS (SELECT FROM desk_payee WHERE assignment = $2 AND state = 'open' AND said_at >= now() - interval '30 days')
ON CONFLICT DO NOTHING RETURNING change

-- What has waited for a month, and $1, which nobody can read any more. Before payee_say.sql, in a statement of its own: a row is in
-- the way of another of its assignment until the statement that deletes it has ended.
DELETE FROM desk_payee WHERE state = 'open' AND (said_at < now() - interval '30 days' OR change = $1::uuid)

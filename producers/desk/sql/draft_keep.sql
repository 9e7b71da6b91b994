-- A draft as it is now; what is older than thirty days goes.
WITH gone AS (DELETE FROM desk_draft WHERE kept_at < now() - interval '30 days')
INSERT INTO desk_draft (number, second, sealed, account) VALUES ($1, decode($2, 'hex'), decode($3, 'hex'), $4)
ON CONFLICT (number) DO UPDATE SET second = excluded.second, sealed = excluded.sealed, account = excluded.account, kept_at = now()

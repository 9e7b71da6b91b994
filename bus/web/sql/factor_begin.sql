-- Shown, to be confirmed; what is in force stays so until then.
INSERT INTO account_factor (account, ready, id, sealed)
SELECT name, false, $2::uuid, decode($3, 'hex') FROM account WHERE name = $1 AND NOT disabled
ON CONFLICT (account, ready) DO UPDATE
    SET id = EXCLUDED.id, sealed = EXCLUDED.sealed, made_at = clock_timestamp()
RETURNING account

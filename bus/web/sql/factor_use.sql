-- The code of this step, once.
UPDATE account_factor SET used_step = $3::bigint
WHERE account = $1 AND ready AND id = $2::uuid AND used_step < $3::bigint RETURNING account

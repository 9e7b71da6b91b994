-- $2: the id that was shown; $3: the step of the code that confirmed it, used by
-- that; $4: hashes of fresh recovery codes.
WITH made AS (
    INSERT INTO account_factor (account, ready, id, sealed, used_step)
    SELECT account, true, id, sealed, $3::bigint FROM account_factor WHERE account = $1 AND NOT ready AND id = $2::uuid
    ON CONFLICT (account, ready) DO UPDATE
        SET id = EXCLUDED.id, sealed = EXCLUDED.sealed, used_step = EXCLUDED.used_step, made_at = clock_timestamp()
    RETURNING account
), shown AS (
    DELETE FROM account_factor f USING made WHERE f.account = made.account AND NOT f.ready
), before AS (
    DELETE FROM account_recovery r USING made WHERE r.account = made.account
), fresh AS (
    INSERT INTO account_recovery (account, hash)
    SELECT made.account, decode(h, 'hex') FROM made, unnest(string_to_array($4, ',')) AS h
)
INSERT INTO account_act (account, act, operator)
SELECT a.name, 'factor', a.operator_id FROM made JOIN account a ON a.name = made.account RETURNING account

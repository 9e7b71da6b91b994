-- What waits for assignment $1; of a household that was erased it goes.
WITH erased AS (
    DELETE FROM desk_payee AS p WHERE assignment = $1::uuid AND state = 'open' AND EXISTS (
        SELECT FROM event AS x WHERE x.household_id = p.household AND x.kind = 'erasure')
    RETURNING p.change)
SELECT change, encode(sealed, 'hex'), said_by, said_org, said_role,
       to_char(said_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI')
FROM desk_payee WHERE assignment = $1::uuid AND state = 'open' AND said_at >= now() - interval '30 days'
  AND change NOT IN (SELECT change FROM erased)

-- It stands until it leaves; submitted again it takes its own place, as long as it
-- may be changed. What has left or was withdrawn is told for thirty days.
WITH gone AS (DELETE FROM desk_held WHERE state IN ('left', 'withdrawn') AND until < now() - interval '30 days')
INSERT INTO desk_held AS h (application, second, account, org, sealed, until)
VALUES ($1, decode($2, 'hex'), $3, $4, decode($5, 'hex'), now() + $6::bigint * interval '1 millisecond')
ON CONFLICT (application) DO UPDATE SET second = excluded.second, account = excluded.account, sealed = excluded.sealed,
    until = excluded.until, state = 'changeable', claimed = NULL
WHERE h.org = excluded.org AND (h.state = 'returned' OR (h.state = 'changeable' AND h.claimed IS NULL AND h.until > now()))

-- One of his own, by its number.
DELETE FROM account_session AS s USING account AS a
WHERE s.account = $1 AND s.n = $2::bigint AND a.name = s.account AND s.expires_at > now() AND s.made_at > a.changed_at
RETURNING s.n

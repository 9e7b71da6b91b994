-- By another person ($2) and why ($3): one of the account's, or all ($4 "").
WITH ended AS (
    DELETE FROM account_session AS s USING account AS a
    WHERE s.account = $1 AND a.name = s.account AND s.n = coalesce(nullif($4, '')::bigint, s.n)
      AND s.expires_at > now() AND s.made_at > a.changed_at
    RETURNING s.account
)
INSERT INTO account_act (account, act, operator, why) SELECT DISTINCT account, 'end', $2, $3 FROM ended RETURNING account

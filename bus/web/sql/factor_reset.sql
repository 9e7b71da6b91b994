-- By another person ($2) and why ($3); his sessions end.
WITH gone AS (
    DELETE FROM account_factor WHERE account = $1 AND ready RETURNING account
), codes AS (
    DELETE FROM account_recovery r USING gone WHERE r.account = gone.account
), ended AS (
    DELETE FROM account_session s USING gone WHERE s.account = gone.account
)
INSERT INTO account_act (account, act, operator, why) SELECT account, 'reset', $2, $3 FROM gone RETURNING account

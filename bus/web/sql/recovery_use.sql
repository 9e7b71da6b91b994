WITH used AS (
    UPDATE account_recovery SET used_at = clock_timestamp()
    WHERE account = $1 AND hash = decode($2, 'hex') AND used_at IS NULL RETURNING account
)
INSERT INTO account_act (account, act, operator)
SELECT a.name, 'recovery', a.operator_id FROM used JOIN account a ON a.name = used.account RETURNING account

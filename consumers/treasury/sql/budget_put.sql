-- Money comes in, or a budget is cut.
INSERT INTO account_entry (txn, fund, account, amount_fen, kind, day)
SELECT t.txn, $1, a.account, a.side * $2::bigint, 'budget', $3::date
FROM (SELECT gen_random_uuid() AS txn) t, (VALUES ('grant', -1), ('free', 1)) a(account, side)

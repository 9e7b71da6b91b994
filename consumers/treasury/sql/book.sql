-- One movement of money: from an account to another, once.
INSERT INTO account_entry (txn, fund, account, amount_fen, kind, day, batch_id, line_id)
SELECT md5($1 || ' ' || $2)::uuid, $3, a.account, a.side * $6::bigint, $1, $7::date, $8::uuid, $9::uuid
FROM (VALUES ($4, -1), ($5, 1)) a(account, side)
ON CONFLICT (txn, account) DO NOTHING

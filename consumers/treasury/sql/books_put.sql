-- Movements of money: each from an account to another, once.
INSERT INTO account_entry (txn, fund, account, amount_fen, kind, day, batch_id, line_id)
SELECT md5(v.kind || ' ' || v.about)::uuid, v.fund, a.account, a.side * v.fen, v.kind, v.day, v.batch, v.line
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::date[], $8::uuid[], $9::uuid[])
         v(kind, about, fund, drawn, given, fen, day, batch, line),
     LATERAL (VALUES (v.drawn, -1), (v.given, 1)) a(account, side)
ON CONFLICT (txn, account) DO NOTHING

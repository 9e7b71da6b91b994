-- Out of the one year on its last day, into the next on its first; $4: which
-- time, by what was said.
INSERT INTO account_entry (txn, fund, account, amount_fen, kind, day)
SELECT md5('carry ' || $4 || ' ' || a.year)::uuid, $1, a.account, a.side * $2::bigint, 'carry',
       CASE WHEN a.year = 0 THEN make_date($3::int, 12, 31) ELSE make_date($3::int + 1, 1, 1) END
FROM (VALUES (0, 'free', -1), (0, 'grant', 1), (1, 'grant', -1), (1, 'free', 1)) a(year, account, side)

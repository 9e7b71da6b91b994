SELECT bank, fund, pay_day, number, state, lines, total_fen, encode(sm3, 'hex'), prepared_by,
       coalesce(approved_first, ''), coalesce(approved_second, ''), pay_day - DATE '1970-01-01'
FROM batch WHERE batch_id = $1::uuid

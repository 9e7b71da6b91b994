SELECT batch_id, bank, fund, pay_day, number, state, lines, total_fen, prepared_by, coalesce(approved_first, '-'),
       coalesce(approved_second, '-')
FROM batch ORDER BY pay_day DESC, bank, fund, number LIMIT 200

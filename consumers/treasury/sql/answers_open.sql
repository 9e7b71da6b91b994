SELECT event_id, order_id, bank, outcome, amount_fen, reason, ended, coalesce(fund, '-'), reference FROM bank_answer
WHERE looked_by IS NULL AND ended NOT IN ('TAKEN', 'DOUBLED', 'LATE') ORDER BY came_at, event_id LIMIT 200

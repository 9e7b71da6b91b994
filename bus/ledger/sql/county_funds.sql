-- Every fund as it stands.
SELECT code, budget_fen, free_fen, committed_fen, paid_fen, returned_fen, blocked_by, disputes, differences
FROM fund_board ORDER BY code

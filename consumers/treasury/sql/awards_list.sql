-- $1: a state, '' all; $2: one of them, or NULL.
SELECT assignment_id, item, fund, amount_fen, state, note, from_month / 12 || '-' || lpad((from_month % 12 + 1)::text, 2, '0')
FROM award WHERE ($1 = '' OR state = $1) AND ($2::uuid IS NULL OR assignment_id = $2::uuid)
ORDER BY decided DESC, assignment_id LIMIT 1000

-- One assignment as it was made last: $1 its id, $2 the case's. No row: none.
SELECT household_id, item, coalesce(detail->>'department', ''), coalesce(amount_fen::text, ''),
       coalesce(detail->>'division_code', ''), coalesce(detail->>'payee_hash', ''), coalesce(detail->>'payee_masked', ''), word
FROM event WHERE about = $1::uuid AND case_id = $2::uuid AND kind = 'assignment'
ORDER BY occurred_at DESC, (word = 'RETURNED') DESC, place DESC LIMIT 1

UPDATE due_line SET assignment_id = $2::uuid, amount_fen = $3::bigint, fund = $4, bank = $5, beneficiary = $6::uuid
WHERE line_id = ANY ($1::uuid[]) AND state = 'due'

INSERT INTO due_line (line_id, assignment_id, item, beneficiary, period, purpose, fund, bank, amount_fen, first_day,
                      last_day, pay_day, back)
VALUES ($1::uuid, $2::uuid, $3, $4::uuid, $5, $6, $7, $8, $9::bigint, $10::date, $11::date, $12::date, $13::boolean)
ON CONFLICT DO NOTHING
RETURNING line_id

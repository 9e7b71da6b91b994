-- An answer that came before its decision was read is nobody's dispute.
WITH put AS (
    INSERT INTO order_elsewhere (order_id) VALUES ($1::uuid) ON CONFLICT DO NOTHING
)
UPDATE bank_answer SET looked_by = 'treasury'
WHERE order_id = $1::uuid AND ended = 'UNKNOWN_ORDER' AND looked_by IS NULL

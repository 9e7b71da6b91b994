UPDATE bank_answer SET looked_by = $2
WHERE event_id = $1::uuid AND looked_by IS NULL AND ended NOT IN ('TAKEN', 'DOUBLED', 'LATE') RETURNING fund, order_id

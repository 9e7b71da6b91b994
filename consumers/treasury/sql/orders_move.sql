UPDATE batch_line l SET state = v.state, open = false, reference = v.reference
FROM unnest($1::uuid[], $2::text[], $3::text[]) v(order_id, state, reference) WHERE l.order_id = v.order_id

UPDATE due_line SET state = 'stopped', reason = $2
WHERE line_id = ANY ($1::uuid[]) AND state IN ('due', 'rejected', 'returned')

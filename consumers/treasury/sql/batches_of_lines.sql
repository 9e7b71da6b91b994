SELECT DISTINCT b.batch_id, b.state FROM batch_line l JOIN batch b USING (batch_id)
WHERE l.line_id = ANY ($1::uuid[]) AND l.open AND b.state IN ('prepared', 'approved_once', 'approved_twice') ORDER BY 1

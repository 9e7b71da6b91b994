SELECT l.line_id FROM batch_line l JOIN due_line d USING (line_id) WHERE d.assignment_id = $1::uuid AND l.open ORDER BY 1

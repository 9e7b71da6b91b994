-- They are the new decision's: its amount, its bank, its account, its tries. Of
-- what was stopped: unless another line pays for those days.
UPDATE due_line d SET state = 'due', reason = CASE WHEN state = 'due' THEN reason ELSE 'DECIDED_AGAIN' END,
    attempt_max = attempt + 2
WHERE line_id = ANY ($1::uuid[]) AND (state <> 'stopped' OR NOT EXISTS (SELECT FROM due_line o
    WHERE o.item = d.item AND o.beneficiary = d.beneficiary AND o.purpose = d.purpose AND o.state <> 'stopped'
      AND daterange(o.first_day, o.last_day, '[]') && daterange(d.first_day, d.last_day, '[]')))

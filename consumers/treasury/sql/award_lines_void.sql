-- Lines for days that the new decision pays for in other periods.
UPDATE due_line SET state = 'stopped', reason = 'SUPERSEDED' WHERE line_id = ANY ($1::uuid[])

-- Of a household that is erased: who is owed something still keeps his account.
UPDATE award AS a SET personal = ''
WHERE household_id = $1::uuid AND state = 'ended' AND NOT EXISTS (
    SELECT FROM due_line AS d WHERE d.assignment_id = a.assignment_id AND d.state IN ('due', 'sent', 'rejected', 'returned'))

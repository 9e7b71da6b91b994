-- They are the new decision's: its amount, its bank, its account.
WITH again AS (
    UPDATE due_line SET state = 'due', reason = 'DECIDED_AGAIN'
    WHERE line_id = ANY ($1::uuid[]) AND state IN ('rejected', 'returned')
    RETURNING line_id
)
SELECT count(*) FROM again

WITH agreed AS (
    UPDATE difference_look SET second_by = $2 WHERE name = $1 AND second_by IS NULL
)
UPDATE statement_line SET txn = md5($3 || ' ' || $1)::uuid
WHERE $3 <> 'accepted' AND statement || '/' || n = $1 AND txn IS NULL

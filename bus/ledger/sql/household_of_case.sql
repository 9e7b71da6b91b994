-- The household of case $1, and the record of its newest evaluation in hex. No
-- row: it has not been judged yet.
SELECT household_id, case_id, encode(body, 'hex') FROM event
WHERE case_id = $1::uuid AND kind = 'evaluation' ORDER BY amount_fen DESC LIMIT 1

SELECT assignment_id FROM award WHERE household_id = $1::uuid AND state <> 'ended' ORDER BY 1

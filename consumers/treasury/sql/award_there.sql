SELECT decision_id FROM award WHERE assignment_id = $1::uuid

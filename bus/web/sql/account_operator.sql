SELECT operator_id FROM account WHERE name = $1

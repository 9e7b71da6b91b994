SELECT kind, why, first_by FROM difference_look WHERE name = $1 AND second_by IS NULL

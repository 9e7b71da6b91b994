UPDATE budget_said SET agreed = $2::boolean, ended_by = $3, ended_at = now() WHERE n = $1::bigint AND agreed IS NULL

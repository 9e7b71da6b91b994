UPDATE desk_payee SET state = $2, sealed = NULL, ended_by = $3, ended_at = now()
WHERE change = $1::uuid AND state = 'open' RETURNING change

UPDATE read_log_head SET n = $1::bigint, chain = decode($2, 'hex')

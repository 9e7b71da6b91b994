DELETE FROM account_session WHERE token_hash = decode($1, 'hex')

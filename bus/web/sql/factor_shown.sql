SELECT encode(sealed, 'hex'), id::text FROM account_factor
WHERE account = $1 AND NOT ready AND made_at > now() - interval '15 minutes'

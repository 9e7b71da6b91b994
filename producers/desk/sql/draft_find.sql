SELECT encode(sealed, 'hex') FROM desk_draft
WHERE number = $1 AND second = decode($2, 'hex') AND kept_at > now() - interval '30 days'

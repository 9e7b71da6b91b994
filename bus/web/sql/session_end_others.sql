-- All of his but the one of this hash.
DELETE FROM account_session WHERE account = $1 AND token_hash <> decode($2, 'hex')

DELETE FROM desk_draft WHERE number = $1

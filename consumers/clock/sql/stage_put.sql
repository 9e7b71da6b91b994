UPDATE deadline SET stage = $3, next_day = $4::date WHERE rule = $1 AND about = $2::uuid

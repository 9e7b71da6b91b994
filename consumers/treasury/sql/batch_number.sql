SELECT count(*) FROM batch WHERE bank = $1 AND fund = $2 AND pay_day = $3::date

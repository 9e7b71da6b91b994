UPDATE clock_day SET day = $1::date

SELECT fund, year, carried_in, budget, spent, back, other, carried_out, remains FROM fund_year
WHERE $1::text IS NULL OR fund = $1 ORDER BY fund, year

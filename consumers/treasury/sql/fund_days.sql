SELECT fund, day, opening, budget, spent, back, other, closing FROM fund_day WHERE fund = $1 ORDER BY day

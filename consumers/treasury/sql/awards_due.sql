SELECT assignment_id, item, beneficiary, purpose, fund, bank, amount_fen, period, day_off, pay_day, from_month,
       decided - DATE '1970-01-01', coalesce(until - DATE '1970-01-01', 0), next_line, state
FROM award WHERE state <> 'ended' AND next_pay <= $1::date ORDER BY next_pay, assignment_id LIMIT 1000

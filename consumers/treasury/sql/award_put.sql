INSERT INTO award (assignment_id, decision_id, household_id, case_id, event_id, item, beneficiary, purpose, fund, bank,
                   amount_fen, period, day_off, pay_day, from_month, decided, until, payee_hash, personal, next_pay, state)
VALUES ($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::uuid, $6, $7::uuid, $8, $9, $10, $11::bigint, $12, $13, $14::int,
        $15::int, $16::date, $17::date, $18::bytea, $19::bytea, $16::date, 'live')
ON CONFLICT (assignment_id) DO UPDATE SET beneficiary = excluded.beneficiary, decision_id = excluded.decision_id, event_id = excluded.event_id,
    amount_fen = excluded.amount_fen, fund = excluded.fund, bank = excluded.bank, decided = excluded.decided,
    period = excluded.period, day_off = excluded.day_off, pay_day = excluded.pay_day,
    from_month = excluded.from_month, until = excluded.until, payee_hash = excluded.payee_hash,
    personal = excluded.personal, next_line = 0, next_pay = excluded.next_pay, state = 'live', note = ''

INSERT INTO bank_answer (event_id, order_id, bank, outcome, amount_fen, reason, value_day, reference, ended, fund)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::date[], $8::text[], $9::text[],
                     $10::text[])

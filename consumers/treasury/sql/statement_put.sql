INSERT INTO statement (n, bank, fund, name, number, first_day, closing_day, opening_fen, moved_fen, closing_fen, lines, content, file,
                       operator, follows)
VALUES ($1::bigint, $2, $3, $4, $5::bigint, $6::date, $7::date, $8::bigint, $9::bigint, $10::bigint, $11::int, $12::bytea, $13::bytea,
        $14, $15::bigint)

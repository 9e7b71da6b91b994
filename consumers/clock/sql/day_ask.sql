-- The first time: from yesterday on.
WITH begun AS (INSERT INTO clock_day (day) VALUES ($1::date - 1) ON CONFLICT DO NOTHING RETURNING day)
SELECT coalesce((SELECT day FROM begun), (SELECT day FROM clock_day)) - DATE '1970-01-01'

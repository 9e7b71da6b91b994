-- Every table of what the events come to (ops/docs/tables.md), written anew
-- from `event`; how many rows.
SELECT life_rebuild()

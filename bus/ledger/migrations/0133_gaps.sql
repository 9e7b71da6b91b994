-- A statement that was refused because one before it is missing stops its fund,
-- as a difference does, while the file waits.
ALTER TABLE bank_file ADD fund text REFERENCES fund; -- of a gap; NULL: none
CREATE OR REPLACE VIEW bank_file_waiting AS
SELECT f.n, f.at, f.bank, f.operator, f.kind, f.reason, encode(f.sm3, 'hex') AS sm3, f.fund FROM bank_file f
WHERE f.ended = 'REFUSED' AND NOT EXISTS (SELECT FROM bank_file_look k WHERE k.n = f.n)
  AND NOT EXISTS (SELECT FROM bank_file t WHERE t.ended = 'TAKEN' AND t.bank = f.bank AND t.sm3 = f.sm3)
  AND NOT EXISTS (SELECT FROM bank_file t WHERE t.ended = 'REFUSED' AND t.bank = f.bank AND t.sm3 = f.sm3 AND t.n > f.n);

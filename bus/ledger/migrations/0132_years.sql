-- A fund's money by year: what is left of a year is carried over into the next,
-- said by one and agreed to by another, as a budget is. Nothing leaves an
-- account by it: two movements of the same money, on the last day of the one
-- year and the first of the other.
ALTER TABLE account_entry DROP CONSTRAINT account_entry_kind_check;
ALTER TABLE account_entry ADD CONSTRAINT account_entry_kind_check
    CHECK (kind IN ('budget', 'commit', 'release', 'send', 'settle', 'reject', 'return', 'repay', 'fee', 'interest', 'other', 'carry'));
ALTER TABLE budget_said ADD year int CHECK (year BETWEEN 2000 AND 9998); -- carried over from it; NULL: a budget
DROP TRIGGER budget_said_stays ON budget_said;
CREATE TRIGGER budget_said_stays BEFORE UPDATE ON budget_said
    FOR EACH ROW WHEN (OLD.agreed IS NOT NULL OR (OLD.n, OLD.fund, OLD.amount_fen, OLD.why, OLD.said_by, OLD.said_at)
                       IS DISTINCT FROM (NEW.n, NEW.fund, NEW.amount_fen, NEW.why, NEW.said_by, NEW.said_at)
                       OR OLD.year IS DISTINCT FROM NEW.year)
    EXECUTE FUNCTION treasury_only_grows();

-- Each fund, year by year: carried_in + budget - spent + back + other =
-- carried_out + remains. A year that is closed has nothing that remains; what
-- a bank books into it afterwards remains, and is carried over once more.
CREATE VIEW fund_year AS
SELECT fund, year, carried_in, budget, spent, back, other, carried_out,
       (carried_in + budget - spent + back + other - carried_out)::bigint AS remains
FROM (SELECT fund, extract(year FROM day)::int AS year,
             coalesce(sum(amount_fen) FILTER (WHERE kind = 'carry' AND account = 'free' AND (extract(month FROM day), extract(day FROM day)) = (1, 1)), 0)::bigint AS carried_in,
             coalesce(sum(amount_fen) FILTER (WHERE kind = 'budget' AND account = 'free'), 0)::bigint AS budget,
             coalesce(sum(amount_fen) FILTER (WHERE kind = 'settle' AND account = 'paid'), 0)::bigint AS spent,
             -coalesce(sum(amount_fen) FILTER (WHERE kind IN ('return', 'repay') AND account = 'paid'), 0)::bigint AS back,
             -coalesce(sum(amount_fen) FILTER (WHERE account = 'bank'), 0)::bigint AS other,
             -coalesce(sum(amount_fen) FILTER (WHERE kind = 'carry' AND account = 'free' AND extract(month FROM day) = 12), 0)::bigint AS carried_out
      FROM account_entry GROUP BY 1, 2) y;

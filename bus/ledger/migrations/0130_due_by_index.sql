-- What is due on a day is found by an index, whatever else stands there:
-- awards by the day of the year on which they were granted, open deadlines by
-- their day, and those that are late.
CREATE INDEX award_reviewed ON award ((extract(month FROM decided) * 100 + extract(day FROM decided))) WHERE state = 'live';
CREATE INDEX deadline_open ON deadline (due_day, rule, about) WHERE stage <> 'done';
CREATE INDEX deadline_late ON deadline (stage) WHERE stage IN ('overdue', 'escalated');

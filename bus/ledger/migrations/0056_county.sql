-- What the lead department looks at (producers/desk/county.c).

-- What waits for an office: assignments of open cases without a decision that
-- counts. heard_at: when something last was done about it.
CREATE VIEW life_waiting AS
SELECT a.household_id, a.assignment_id, a.case_id, c.case_no, a.item, a.department,
       coalesce(a.division_code, c.division_code, '') AS division_code, a.assigned_at, a.due,
       greatest(a.assigned_at, s.done_at) AS heard_at
FROM life_assignment AS a
JOIN life_case AS c ON c.household_id = a.household_id AND c.case_id = a.case_id
LEFT JOIN LATERAL (SELECT max(accepted_at) AS done_at FROM life_step
                   WHERE household_id = a.household_id AND assignment_id = a.assignment_id) AS s ON true
WHERE a.state = 'ASSIGNED' AND c.closed_at IS NULL;

-- Each fund as it stands: what was given, is free, in batches or on its way,
-- was paid, came back; why it is blocked, and how many answers of banks people
-- have to look at.
CREATE VIEW fund_board AS
SELECT f.code, -coalesce((SELECT fen FROM fund_balance b WHERE b.fund = f.code AND account = 'grant'), 0)::bigint AS budget_fen,
       coalesce((SELECT fen FROM fund_balance b WHERE b.fund = f.code AND account = 'free'), 0)::bigint AS free_fen,
       coalesce((SELECT sum(fen) FROM fund_balance b WHERE b.fund = f.code AND account IN ('committed', 'transit')), 0)::bigint
           AS committed_fen,
       coalesce((SELECT sum(amount_fen) FROM account_entry e WHERE e.fund = f.code AND kind = 'settle' AND account = 'paid'),
                0)::bigint AS paid_fen,
       -coalesce((SELECT sum(amount_fen) FROM account_entry e WHERE e.fund = f.code AND kind IN ('return', 'repay')
                  AND account = 'paid'), 0)::bigint AS returned_fen,
       coalesce(f.blocked_by, '') AS blocked_by,
       (SELECT count(*) FROM bank_answer a WHERE a.fund = f.code AND looked_by IS NULL
        AND ended NOT IN ('TAKEN', 'DOUBLED', 'LATE')) AS disputes
FROM fund f;

-- What a sheet of a month is made of: $1 its first day, $2 the first day of the
-- next. A row a village, fund, item and household: paid in this month, and what
-- came back in it of what an earlier month's sheet had as paid.
SELECT division, fund, item, household_id, max(people), sum(paid)::bigint, sum(back)::bigint FROM (
    SELECT coalesce(a.division_code, h.division_code, '') AS division, p.fund, p.item, p.household_id,
           coalesce(d.people, h.people, 0) AS people, p.paid, p.back
    FROM (SELECT household_id, assignment_id, decision_id, fund, item,
                 CASE WHEN paid_on >= $1::date THEN amount_fen ELSE 0 END AS paid,
                 CASE WHEN paid_on < $1::date THEN amount_fen ELSE 0 END AS back
          FROM life_payment
          WHERE (paid_on >= $1::date AND paid_on < $2::date AND (returned_on IS NULL OR returned_on >= $2::date))
             OR (returned_on >= $1::date AND returned_on < $2::date AND paid_on < $1::date)
        UNION ALL
          SELECT household_id, assignment_id, decision_id, fund, item, amount_fen, 0
          FROM life_delivery
          WHERE kind = 'CASH' AND state = 'PAID' AND received_on >= $1::date AND received_on < $2::date) AS p
    LEFT JOIN life_assignment AS a ON a.household_id = p.household_id AND a.assignment_id = p.assignment_id
    LEFT JOIN life_decision AS d ON d.household_id = p.household_id AND d.decision_id = p.decision_id
    LEFT JOIN life_household AS h ON h.household_id = p.household_id) AS moved
GROUP BY division, fund, item, household_id
ORDER BY division COLLATE "C", fund COLLATE "C", item COLLATE "C", sum(paid) DESC, household_id

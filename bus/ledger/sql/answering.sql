-- Which partners have answered, or said something of their own, how often, and
-- whether just now.
SELECT partner, count(*), max(recorded_at) > now() - interval '2 seconds'
FROM event
WHERE partner <> ''
  AND kind IN ('decision', 'verification_result', 'payment_result', 'delivery_receipt', 'claim', 'facts_reported')
GROUP BY partner ORDER BY partner

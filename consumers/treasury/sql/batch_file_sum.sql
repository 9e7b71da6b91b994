-- What a file of it says; how many orders are not written yet; when it was sent.
SELECT count(*) FILTER (WHERE l.written AND l.reference <> 'treasury'),
       coalesce(sum(l.amount_fen) FILTER (WHERE l.written AND l.reference <> 'treasury'), 0)::bigint,
       count(*) FILTER (WHERE l.state = 'sent' AND l.open AND NOT l.written),
       (extract(epoch FROM b.sent_at) * 1000)::bigint
FROM batch_line l JOIN batch b USING (batch_id) WHERE l.batch_id = $1::uuid GROUP BY b.sent_at

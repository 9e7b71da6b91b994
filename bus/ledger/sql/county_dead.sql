-- Dead letters that nobody has sent again or closed, by who must act: how many, since when.
SELECT owner, count(*), to_char(min(since) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')
FROM (SELECT min(detail->>'owner') AS owner, min(occurred_at) AS since FROM event WHERE kind = 'dead_letter'
      GROUP BY note, detail->>'partition', detail->>'offset' HAVING NOT bool_or(word IN ('REDRIVEN', 'CLOSED'))) AS letter
GROUP BY owner ORDER BY count(*) DESC, owner

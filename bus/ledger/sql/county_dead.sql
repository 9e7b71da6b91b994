-- Dead letters that nobody has sent again, by who must act: how many, since when.
SELECT owner, count(*), to_char(min(since) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')
FROM (SELECT min(detail->>'owner') AS owner, min(occurred_at) AS since FROM event WHERE kind = 'dead_letter'
      GROUP BY note, detail->>'partition', detail->>'offset' HAVING NOT bool_or(word = 'REDRIVEN')) AS letter
GROUP BY owner ORDER BY count(*) DESC, owner

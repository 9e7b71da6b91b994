UPDATE deadline d SET stage = s.stage, next_day = s.next_day
FROM unnest($1::text[], $2::uuid[], $3::text[], $4::date[]) s(rule, about, stage, next_day)
WHERE d.rule = s.rule AND d.about = s.about

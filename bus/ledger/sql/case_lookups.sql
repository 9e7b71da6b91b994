-- Applications and the keyed hash by which an applicant asks for his own, the
-- newest first. $1 the start of a division code (town or village) or ''.
SELECT about, detail->>'lookup' FROM event
WHERE kind = 'application' AND detail->>'lookup' IS NOT NULL AND starts_with(note, $1)
ORDER BY occurred_at DESC LIMIT 200000

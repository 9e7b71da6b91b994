-- How far each partition has been read.
SELECT topic, part, next FROM reading

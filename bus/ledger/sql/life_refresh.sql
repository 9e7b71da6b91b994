-- The same rows of the households of which something has come since the last
-- time.
SELECT life_refresh()

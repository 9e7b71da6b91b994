-- Held until the row behind it is written.
SELECT n, encode(chain, 'hex') FROM read_log_head FOR UPDATE

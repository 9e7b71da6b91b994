SELECT n, encode(chain, 'hex') FROM read_log_head

SELECT nextval('statement_n_seq')

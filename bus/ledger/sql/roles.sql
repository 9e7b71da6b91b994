-- One role a program, with what it needs and nothing else (ops/docs/security.md).
-- They cannot log in: the county gives each program a login of its own that is
-- IN ROLE one of these. Safe to repeat; whoever may not make roles leaves them
-- out, and every program goes on under the owner's name.
DO $$
DECLARE
    who text;
    names CONSTANT text[] := ARRAY['lianou_ledger', 'lianou_intake', 'lianou_reader', 'lianou_accounts',
                                   'lianou_treasury', 'lianou_clock'];
BEGIN
    FOREACH who IN ARRAY names LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = who) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', who);
            END IF;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL; -- another database's, this moment
            WHEN insufficient_privilege THEN
                RAISE NOTICE 'no role % and no right to make it', who;
                RETURN;
        END;
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM %I', current_schema(), who);
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), who);
    END LOOP;
    -- The ledger adds what stands in the topics, and changes nothing that it wrote.
    GRANT SELECT, INSERT ON event TO lianou_ledger;
    GRANT SELECT, INSERT, UPDATE ON reading TO lianou_ledger;
    -- Who reads cases: at the door and at a command.
    GRANT SELECT ON event, fact_of_life, reading TO lianou_intake, lianou_reader;
    -- What the events come to, household by household (ops/docs/tables.md).
    GRANT SELECT ON life_household, life_member, life_case, life_assignment, life_step, life_decision, life_award, life_payment,
        life_delivery, life_verification, life_need, life_claim, life_sheet, life_posting, life_reading TO lianou_reader;
    GRANT SELECT ON life_event, life_household_now, life_member_now, life_case_now, life_assignment_now, life_step_now,
        life_decision_now, life_award_now, life_payment_now, life_delivery_now, life_verification_now, life_need_now,
        life_claim_now, life_waiting TO lianou_reader;
    -- What the lead department's page counts.
    GRANT SELECT ON life_case, life_assignment, life_waiting, life_sheet, life_posting, life_reading, fund_board TO lianou_intake;
    GRANT EXECUTE ON FUNCTION life_refresh() TO lianou_reader;
    -- Each read is written down; the door does not see what others have read.
    GRANT INSERT ON read_log TO lianou_intake, lianou_reader, lianou_treasury; -- the treasury: who made a file for a bank
    GRANT SELECT, UPDATE ON read_log_head TO lianou_intake, lianou_reader, lianou_treasury;
    GRANT SELECT ON read_log TO lianou_reader;
    -- Logging in and out; nobody gets an account there, a password only in place of one that was shown.
    GRANT SELECT ON account TO lianou_intake;
    GRANT UPDATE (failures, retry_at, last_login) ON account TO lianou_intake;
    GRANT EXECUTE ON FUNCTION account_renew(text, text, text) TO lianou_intake;
    GRANT SELECT, INSERT, DELETE ON account_session TO lianou_intake;
    GRANT UPDATE (seen_at) ON account_session TO lianou_intake, lianou_treasury;
    -- The second factor: who logs in shows it, gets one at the desk; its acts are only added.
    GRANT SELECT, INSERT, UPDATE, DELETE ON account_factor, account_recovery TO lianou_intake, lianou_accounts;
    GRANT SELECT ON account_factor, account_recovery TO lianou_treasury;
    GRANT UPDATE (used_step) ON account_factor TO lianou_treasury;
    GRANT UPDATE (used_at) ON account_recovery TO lianou_treasury;
    GRANT SELECT, INSERT ON account_act TO lianou_intake, lianou_treasury, lianou_accounts;
    GRANT USAGE ON SEQUENCE account_act_n_seq TO lianou_intake, lianou_treasury, lianou_accounts;
    GRANT SELECT, INSERT, UPDATE, DELETE ON desk_draft, desk_held, desk_request, desk_payee TO lianou_intake; -- of the desk
    GRANT SELECT, INSERT, UPDATE ON account TO lianou_accounts;
    GRANT SELECT, INSERT, DELETE ON account_session TO lianou_accounts; -- who resets logs in; whose it was is signed out
    -- The treasury books and is held to the tables' constraints; it takes nothing back.
    GRANT SELECT, INSERT ON account_entry, treasury_act, bank_file, bank_file_look, statement TO lianou_treasury;
    GRANT SELECT, INSERT, UPDATE ON statement_line, difference_look, budget_said TO lianou_treasury;
    GRANT SELECT ON fund_difference, bank_file_waiting TO lianou_treasury;
    GRANT USAGE ON SEQUENCE statement_n_seq TO lianou_treasury;
    GRANT SELECT, INSERT, UPDATE ON award, due_line, batch, fund, bank_answer, life_change, order_elsewhere, treasury_reading,
        outbox
        TO lianou_treasury;
    GRANT SELECT, INSERT, UPDATE, DELETE ON batch_line TO lianou_treasury; -- out of a batch that was not sent
    GRANT SELECT ON fund_balance, fund_day, fund_year, fund_board, treasury_move TO lianou_treasury;
    GRANT SELECT (event_id) ON event TO lianou_treasury; -- what it relays: whether it was sent before
    GRANT SELECT (topic, part, next) ON reading TO lianou_treasury;
    GRANT USAGE ON SEQUENCE account_entry_n_seq, treasury_act_n_seq, bank_file_n_seq, outbox_id_seq TO lianou_treasury;
    GRANT SELECT ON account TO lianou_treasury; -- who approves logs in
    GRANT UPDATE (failures, retry_at, last_login) ON account TO lianou_treasury;
    GRANT INSERT, DELETE, SELECT ON account_session TO lianou_treasury;
    -- The clock reads what there is and writes until when.
    GRANT SELECT ON event, reading, award, due_line TO lianou_clock;
    GRANT SELECT, INSERT, UPDATE ON deadline, clock_reading, clock_day, outbox TO lianou_clock;
    GRANT USAGE ON SEQUENCE outbox_id_seq TO lianou_clock;
    GRANT SELECT ON deadline TO lianou_reader;
    GRANT SELECT (sent_at) ON outbox TO lianou_reader;
    GRANT SELECT ON account_entry, fund_balance, bank_answer, batch, batch_line, due_line, statement, statement_line, difference_look
        TO lianou_reader;
END $$

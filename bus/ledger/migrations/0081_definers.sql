-- A function that runs with its owner's rights looks nowhere but in its own
-- schema: a temporary table of who calls it does not stand before the real one.
-- (Without pg_temp in its path, that is looked in first.)
DO $$
DECLARE f regprocedure;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE prosecdef AND pronamespace = current_schema()::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', f, current_schema());
    END LOOP;
END $$;

DO $$
DECLARE
    named text;
BEGIN
    FOR named IN SELECT s.name FROM pg_catalog.pg_prepared_statements AS s WHERE s.from_sql LOOP
        EXECUTE pg_catalog.format('DEALLOCATE %I', named);
    END LOOP;
END
$$;

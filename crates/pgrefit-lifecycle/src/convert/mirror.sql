CREATE FUNCTION $function() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $mirror$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        TRUNCATE $staging;
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND ($old_key) IS DISTINCT FROM ($new_key) THEN
        DELETE FROM $staging s WHERE ($staging_key) = ($old_key);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO $staging ($columns)
        VALUES ($new_columns)
        ON CONFLICT ($key) DO $update;
    END IF;
    RETURN NULL;
END
$mirror$;
REVOKE ALL ON FUNCTION $function() FROM PUBLIC;
CREATE TRIGGER $mirror_row AFTER INSERT OR UPDATE OR DELETE ON $old
    FOR EACH ROW EXECUTE FUNCTION $function();
CREATE TRIGGER $mirror_truncate AFTER TRUNCATE ON $old
    FOR EACH STATEMENT EXECUTE FUNCTION $function();
-- Also for what a subscription applies.
ALTER TABLE $old ENABLE ALWAYS TRIGGER $mirror_row;
ALTER TABLE $old ENABLE ALWAYS TRIGGER $mirror_truncate;

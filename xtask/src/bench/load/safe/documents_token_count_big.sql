-- The column that will take the place of token_count, and a trigger that keeps it equal from now on.
ALTER TABLE documents ADD COLUMN token_count_big bigint;

CREATE FUNCTION copy_token_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.token_count_big := NEW.token_count;
    RETURN NEW;
END
$$;
CREATE TRIGGER documents_copy_token_count BEFORE INSERT OR UPDATE ON documents
    FOR EACH ROW EXECUTE FUNCTION copy_token_count();

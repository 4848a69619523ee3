CREATE OR REPLACE FUNCTION short_note(bigint) RETURNS text LANGUAGE sql AS $$ SELECT '' $$;

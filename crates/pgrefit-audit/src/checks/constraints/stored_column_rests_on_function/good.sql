CREATE FUNCTION slug(title text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(title)';
CREATE TABLE articles (
    id bigint PRIMARY KEY,
    title text NOT NULL,
    slug text GENERATED ALWAYS AS (lower(title)) STORED,
    -- Written once, and meant to be.
    since text DEFAULT slug('NEW')
);

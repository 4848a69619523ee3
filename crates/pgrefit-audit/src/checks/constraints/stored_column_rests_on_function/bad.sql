-- finds public.articles.slug
CREATE FUNCTION slug(title text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(title)';
CREATE TABLE articles (
    id bigint PRIMARY KEY,
    title text NOT NULL,
    slug text GENERATED ALWAYS AS (slug(title)) STORED
);

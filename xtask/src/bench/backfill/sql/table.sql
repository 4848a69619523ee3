CREATE TABLE items (
    id uuid PRIMARY KEY,
    n integer NOT NULL,
    name text NOT NULL,
    body text NOT NULL
);
CREATE INDEX items_name ON items (name);

-- The application makes its keys.
CREATE TABLE orders (id uuid PRIMARY KEY, token uuid DEFAULT gen_random_uuid());
CREATE TABLE notes (id bigint PRIMARY KEY, token uuid UNIQUE DEFAULT gen_random_uuid());

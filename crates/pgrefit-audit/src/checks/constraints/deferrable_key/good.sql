CREATE TABLE slides (
    id bigint PRIMARY KEY,
    above bigint REFERENCES slides DEFERRABLE,
    place int NOT NULL UNIQUE,
    -- The other is checked at once.
    CONSTRAINT late UNIQUE (place) DEFERRABLE,
    during int4range,
    CONSTRAINT apart EXCLUDE USING gist (during WITH &&) DEFERRABLE
);

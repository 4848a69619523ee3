-- One byte less; and an index and a sequence whose names the server made.
CREATE TABLE a123456789b123456789c123456789d123456789e123456789f123456789g1 (
    id bigserial PRIMARY KEY,
    name text UNIQUE
);

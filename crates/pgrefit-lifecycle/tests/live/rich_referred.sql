-- What refers to a key that is unique after a conversion too.
ALTER TABLE app.documents ADD CONSTRAINT documents_referred UNIQUE (number, created_at);
CREATE TABLE app.pages (
    id int PRIMARY KEY, number int, at timestamptz,
    CONSTRAINT pages_document FOREIGN KEY (number, at) REFERENCES app.documents (number, created_at)
);
INSERT INTO app.pages SELECT 1, number, created_at FROM app.documents LIMIT 1;
CREATE TABLE app.lost (id int PRIMARY KEY, document bigint CONSTRAINT lost_document REFERENCES app.documents (id));

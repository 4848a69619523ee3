CREATE TABLE orders (year int, id bigint, PRIMARY KEY (year, id));
CREATE TABLE lines (
    id bigint PRIMARY KEY,
    year int,
    "orderId" bigint,
    CONSTRAINT lines_order FOREIGN KEY (year, "orderId") REFERENCES orders (year, id),
    CHECK ((year IS NULL) = ("orderId" IS NULL))
);
CREATE TABLE bills (
    id bigint PRIMARY KEY,
    year int,
    order_id bigint,
    FOREIGN KEY (year, order_id) REFERENCES orders (year, id) MATCH FULL
);
-- The year is always there: without an order it refers to nothing, as is meant.
CREATE TABLE visits (
    id bigint PRIMARY KEY,
    year int NOT NULL,
    order_id bigint,
    FOREIGN KEY (year, order_id) REFERENCES orders (year, id)
);
-- Neither can be null, by a check and by a domain.
CREATE DOMAIN number AS bigint NOT NULL;
CREATE TABLE notes (
    id bigint PRIMARY KEY,
    year int CHECK (year IS NOT NULL),
    order_id bigint CHECK (order_id IS NOT NULL),
    FOREIGN KEY (year, order_id) REFERENCES orders (year, id)
);
CREATE DOMAIN later AS number;
CREATE TABLE letters (
    id bigint PRIMARY KEY,
    year int,
    order_id later,
    FOREIGN KEY (year, order_id) REFERENCES orders (year, id)
);

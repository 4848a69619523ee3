-- finds public.lines.again
-- finds public.lines.other_order
-- finds public.visits_2026.own
CREATE TABLE orders (year int, id bigint, PRIMARY KEY (year, id));
CREATE TABLE lines (
    id bigint PRIMARY KEY,
    year int,
    order_id bigint,
    CONSTRAINT first FOREIGN KEY (year, order_id) REFERENCES orders (year, id)
);
ALTER TABLE lines ADD CONSTRAINT again FOREIGN KEY (year, order_id) REFERENCES orders (year, id);
ALTER TABLE lines ADD CONSTRAINT other_order FOREIGN KEY (order_id, year) REFERENCES orders (id, year) ON DELETE CASCADE;
-- A partition's own beside the one it has from its table.
CREATE TABLE places (id bigint PRIMARY KEY);
CREATE TABLE visits (day date, place bigint REFERENCES places) PARTITION BY RANGE (day);
CREATE TABLE visits_2026 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ALTER TABLE visits_2026 ADD CONSTRAINT own FOREIGN KEY (place) REFERENCES places;

-- finds public.orders.ordered_at
-- finds public.visits.at
CREATE TABLE orders (id bigint PRIMARY KEY, ordered_at timestamp);
CREATE TABLE visits (id bigint PRIMARY KEY, at timestamp[]);

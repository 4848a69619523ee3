-- finds public.orders.ordered_at
CREATE TABLE orders (id bigint PRIMARY KEY, ordered_at timestamp);

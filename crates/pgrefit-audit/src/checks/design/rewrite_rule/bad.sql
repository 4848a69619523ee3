-- finds public.orders."No delete"
CREATE TABLE orders (id bigint PRIMARY KEY);
CREATE RULE "No delete" AS ON DELETE TO orders DO INSTEAD NOTHING;

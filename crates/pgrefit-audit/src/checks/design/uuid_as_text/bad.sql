-- finds public.orders.id
-- finds public.orders.customer_uuid
-- finds public.orders.invoice
-- finds public.orders."userUuid"
-- finds public.orders.token
-- needs citext
CREATE EXTENSION citext;
CREATE TABLE orders (
    id text PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_uuid text,
    "userUuid" text,
    token citext DEFAULT gen_random_uuid()::text,
    invoice varchar(36)
);

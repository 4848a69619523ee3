-- finds public.orders.id
-- finds public.orders.customer_uuid
-- finds public.orders.invoice
CREATE TABLE orders (
    id text PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_uuid text,
    invoice varchar(36)
);

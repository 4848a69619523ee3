-- finds public.orders.id
CREATE TABLE orders (id uuid PRIMARY KEY DEFAULT gen_random_uuid());

-- finds public.shops.opens
CREATE TABLE shops (id bigint PRIMARY KEY, opens timetz);

-- finds public.shops.opens
-- finds public.halls.opens
CREATE TABLE shops (id bigint PRIMARY KEY, opens timetz);
CREATE TABLE halls (id bigint PRIMARY KEY, opens timetz[]);

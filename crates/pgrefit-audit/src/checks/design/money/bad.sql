-- finds public.invoices.total
-- finds public.offers.prices
CREATE TABLE invoices (id bigint PRIMARY KEY, total money);
CREATE TABLE offers (id bigint PRIMARY KEY, prices money[]);

-- finds public.invoices.total
CREATE TABLE invoices (id bigint PRIMARY KEY, total money);

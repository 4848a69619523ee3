-- finds public."Customer"
-- finds public.invoices
-- finds public.totals
CREATE TABLE "Customer" (id bigint PRIMARY KEY);
CREATE TABLE invoices (id bigint PRIMARY KEY, "user" text, "due date" date);
CREATE VIEW totals AS SELECT count(*) AS "Total" FROM invoices;

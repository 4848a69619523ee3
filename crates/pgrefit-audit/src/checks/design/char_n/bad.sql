-- finds public.countries.code
-- finds public.prices.currency
-- finds public.prices.others
CREATE TABLE countries (id bigint PRIMARY KEY, code char(2));
CREATE DOMAIN currency AS char(3) CHECK (VALUE = upper(VALUE));
CREATE TABLE prices (id bigint PRIMARY KEY, currency currency, others char(3)[]);

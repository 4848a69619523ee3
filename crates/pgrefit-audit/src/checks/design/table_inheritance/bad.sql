-- finds public.vehicles
CREATE TABLE vehicles (id bigint PRIMARY KEY);
CREATE TABLE cars (doors int) INHERITS (vehicles);

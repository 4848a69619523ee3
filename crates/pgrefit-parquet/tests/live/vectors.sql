-- Vectors of one size, of any, of half precision, and of a type without a native form.
CREATE SCHEMA "My Vectors";
CREATE EXTENSION vector SCHEMA "My Vectors";
SET search_path = "My Vectors";
CREATE TABLE t (id int NOT NULL, v vector(8) NOT NULL, w vector, h halfvec(4), s sparsevec(5));
INSERT INTO t
SELECT g, array_fill(g / 3.0::real, ARRAY[8])::vector, CASE WHEN g % 3 > 0 THEN array_fill(g::real, ARRAY[g % 50 + 1])::vector END,
    CASE WHEN g % 5 > 0 THEN ARRAY[g, -g, 0.1, 65504]::real[]::vector::halfvec END, '{1:1.5,3:2}/5'
FROM generate_series(1, 2000) AS g;
INSERT INTO t SELECT 0, '[0,-0,1e-45,3e38,-3e38,1,2,3]', (SELECT array_agg(i)::vector FROM generate_series(1, 16000) AS i), '[-0,6e-8,1,2]';
RESET search_path;

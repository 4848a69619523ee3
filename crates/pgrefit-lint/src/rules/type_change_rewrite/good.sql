-- pgrefit:allow type-change-breaks-prepared the pool prepares again
ALTER TABLE orders ALTER COLUMN note TYPE varchar(80);

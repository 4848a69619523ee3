-- pgrefit:allow type-change-breaks-prepared the pool prepares again
ALTER TABLE prices
    DROP CONSTRAINT positive,
    ALTER COLUMN price TYPE numeric(12,2),
    ADD CONSTRAINT positive CHECK (price > 0) NOT VALID;

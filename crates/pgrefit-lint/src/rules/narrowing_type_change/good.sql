ALTER TABLE orders ADD CONSTRAINT short CHECK (length(note) <= 10) NOT VALID;

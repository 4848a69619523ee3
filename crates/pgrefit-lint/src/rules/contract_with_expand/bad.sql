ALTER TABLE orders ADD COLUMN remark text;
ALTER TABLE orders DROP COLUMN note;

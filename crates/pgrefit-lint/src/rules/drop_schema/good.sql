DROP VIEW old.totals;

-- pgrefit:backfill
UPDATE orders SET note = 'x';

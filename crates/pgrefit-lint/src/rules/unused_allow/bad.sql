-- pgrefit:allow drop-table nobody needs it
SELECT 1;

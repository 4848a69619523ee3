-- pgrefit:lock-timeot 2s
SELECT 1;

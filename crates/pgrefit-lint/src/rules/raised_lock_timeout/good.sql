-- pgrefit:lock-timeout 4s
SELECT 1;

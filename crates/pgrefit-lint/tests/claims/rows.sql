INSERT INTO sources SELECT generate_series(1, 300);
INSERT INTO documents (id, title, price, cost, weight, seen, checked, isbn, address, kind, share, region)
SELECT g, 't', g, g, g, '2024-01-01', 'c', g::text, '10.0.0.0/8', 'a', 5, 'r' FROM generate_series(1, 500) g;
INSERT INTO lines SELECT g, g, 'n' FROM generate_series(1, 400) g;
INSERT INTO logs SELECT g, 'l' FROM generate_series(1, 350) g;
INSERT INTO keyless SELECT g, 'l' FROM generate_series(1, 360) g;
INSERT INTO kinds SELECT generate_series(1, 310);
INSERT INTO events SELECT g, '2024-05-05' FROM generate_series(1, 320) g;
INSERT INTO events_2025 SELECT g, '2025-05-05' FROM generate_series(1, 330) g;
INSERT INTO events_2023 SELECT g, '2023-05-05' FROM generate_series(1, 345) g;
INSERT INTO events_2025_checked SELECT g, '2025-05-05' FROM generate_series(1, 340) g;
INSERT INTO partitioned SELECT generate_series(1, 370);
REFRESH MATERIALIZED VIEW totals;

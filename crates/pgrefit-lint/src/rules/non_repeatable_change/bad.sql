INSERT INTO orders (id) VALUES (100001);
VACUUM orders;

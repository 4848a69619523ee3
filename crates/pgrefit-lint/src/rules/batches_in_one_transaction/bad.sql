DO $$
BEGIN
    FOR i IN 0..4 LOOP
        UPDATE orders SET note = 'x' WHERE id > i * 1000 AND id <= (i + 1) * 1000;
    END LOOP;
END $$;

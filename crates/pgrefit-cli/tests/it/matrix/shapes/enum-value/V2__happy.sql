ALTER TYPE mood ADD VALUE 'happy';
UPDATE people SET mood = 'happy', n = n + 1 WHERE id % 2 = 0;

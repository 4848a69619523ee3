UPDATE items SET n = n + 1;

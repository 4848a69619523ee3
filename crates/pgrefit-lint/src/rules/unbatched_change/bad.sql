UPDATE orders SET note = 'x';

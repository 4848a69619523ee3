SELECT 'open; /* open $$ open

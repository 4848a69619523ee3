SELECT extname, extversion FROM pg_catalog.pg_extension

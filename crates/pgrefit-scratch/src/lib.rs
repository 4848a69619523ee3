//! Throwaway PostgreSQL servers: find or install the binaries, start, stop, clean up.

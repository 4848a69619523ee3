//! `pgrefit baseline`, and `migrate --adopt`: an existing database is taken over only after proof.

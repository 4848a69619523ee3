//! Puts a workload on a PostgreSQL server and records what came back.

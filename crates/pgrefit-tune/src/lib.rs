//! Proposes the pool size, indexes and server settings of a PostgreSQL database from measurements.

pub mod indexes;

//! Proposes the pool size, indexes and server settings of a PostgreSQL database from measurements.
//!
//! Facts are read first, judged by pure functions, and what comes of it is data. Nothing is changed on a database unless
//! [`server::apply`] is called; what is tried, is tried on a scratch server.

pub mod indexes;
mod local;
pub mod pool;
pub mod server;

pub use local::Local;

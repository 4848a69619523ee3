//! A pool of PostgreSQL connections that is observable and hands out clean ones only.
//!
//! deadpool keeps the connections; this crate adds what it does not have:
//!
//! - **A connection that comes back dirty is never handed out again.** The pool reads on the wire whether a statement runs and
//!   whether a transaction is open, at no cost in round trips. What is unfinished gets a moment to finish; then it is cancelled and
//!   the connection closed. Settings, cursors and channels that a user left are reset before the next one gets the connection. What
//!   functions leave cannot be seen (`set_config(…, false)`, `SET` in a `DO`, `pg_advisory_lock`): for applications that do that there
//!   is [`PoolConfig::reset_on_return`].
//! - **A change of the schema is not an error.** `cached plan must not change result type`, which every `ADD COLUMN` makes out of a
//!   prepared `SELECT *`, is answered by preparing the statement again, once, outside of transactions.
//! - **Every wait has a limit, and the error names the phase:** waiting for others, opening a connection.
//! - **[`Pool::resize`] holds:** never more connections are handed out than the new number.
//! - **Everything is counted** by `pgrefit-metrics`, and the counts add up.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use pgrefit_pool::{Metrics, Pool, PoolSettings};
//!
//! let metrics = Metrics::new()?;
//! let PoolSettings { connection, pool } = PoolSettings::from_env()?;
//! let pool = Pool::new(connection, pool, &metrics)?;
//! pool.warm_up().await?;
//! let connection = pool.get().await?;
//! let row = connection.query_one("SELECT $1::int + 1", &[&41]).await?;
//! assert_eq!(row.get::<_, i32>(0), 42);
//! drop(connection);
//! println!("{}", metrics.encode()?);
//! # Ok(()) }
//! ```

mod config;
mod connection;
mod core;
mod error;
mod gate;
mod keeper;
mod line;
mod manager;
mod pool;
mod release;
mod retry;
mod settle;
mod slot;
mod statements;
mod transaction;
mod types;
mod wire;

pub use config::{PoolConfig, PoolSettings, Pooling};
pub use connection::Connection;
pub use error::Error;
pub use pool::{Pool, Status};
pub use retry::{Attempt, Attempts, Cause, Retry, Work};
pub use transaction::Transaction;

pub use pgrefit_metrics::{CloseReason, Metrics, Outcome, Phase, PoolMetrics, RetryOutcome};
pub use pgrefit_pg::{ServerError, Settings};
pub use tokio_postgres;
pub use tokio_postgres::types::{ToSql, Type};
pub use tokio_postgres::{IsolationLevel, Row, TransactionBuilder};

//! Connections to PostgreSQL: settings, TLS, time limits, sessions by type, the runner lock, introspection.
//!
//! This is the only crate that opens a connection. What a function may do to a database is in its signature:
//! [`ReadOnly`] cannot write, [`Migrator`] can, and nobody is handed a bare client.

pub mod activity;
pub mod census;
mod connector;
mod count;
pub mod digest;
mod error;
mod exported;
mod facts;
pub mod integrity;
pub mod introspect;
mod migrator;
pub mod partition;
mod pooler;
mod read_only;
mod runner_lock;
mod session;
mod settings;
mod stop;
mod tls;
pub mod wire;
mod workload;

pub use connector::{Connector, Limits};
pub use count::count_rows;
pub use error::{Error, ServerError};
pub use exported::{ExportedSnapshot, SnapshotFacts};
pub use facts::ServerFacts;
pub use migrator::{CancelHandle, Migrator, PipelineError, ScriptError};
pub use pooler::{Pooler, detect_pooler};
pub use read_only::{ReadOnly, Snapshot};
pub use runner_lock::{LockHolder, RUNNER_LOCK_KEY, RunnerLock};
pub use session::{Params, SimpleRow};
pub use settings::{PassFile, Settings};
pub use stop::Stop;
pub use workload::{Answer, Prepared, StatementLimits, TextValues};

pub use tokio_postgres::Row;
pub use tokio_postgres::types;

//! How a rehearsal is done.

use std::pin::Pin;
use std::time::Duration;

use pgrefit_pg::Stop;

/// How a rehearsal is done.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// How often the second connection looks at the locks.
    pub sample_interval: Duration,
    /// For how many tables and views the canary prepares its queries, those that the files name first.
    pub canary_relations_max: usize,
    /// Whether the server is ours alone: autovacuum is then kept from the database while the rehearsal lasts, if the role may
    /// do so, because what it writes would count as of the statements.
    pub is_ours: bool,
    /// How long traffic may take to end after it was told to stop; then it is dropped.
    pub traffic_end_max: Duration,
}

impl Default for Options {
    /// A look each 3 ms; 500 tables; a server of somebody else; 30 s for traffic to end.
    fn default() -> Self {
        Self {
            sample_interval: Duration::from_millis(3),
            canary_relations_max: 500,
            is_ours: false,
            traffic_end_max: Duration::from_secs(30),
        }
    }
}

impl Options {
    /// For a server that is ours alone.
    #[must_use]
    pub fn for_own_server() -> Self {
        Self { is_ours: true, ..Self::default() }
    }
}

/// Traffic that runs beside a rehearsal: called before the first statement, driven beside it, and told to stop after the
/// last. What it has found it keeps for its owner. It is driven on the task of the rehearsal and must not block it.
pub type Traffic<'t> = Box<dyn FnOnce(Stop) -> Pin<Box<dyn Future<Output = ()> + Send + 't>> + Send + 't>;

//! Applies pending migrations through refinery's runner, with pgrefit's session underneath.
//!
//! refinery asks for the applied migrations, decides what is pending, and hands over each migration's text
//! (`guarded.rs`). How the text runs is decided here: as one transaction (`whole.rs`), or in steps where a statement must
//! be on its own (`stepwise.rs`, `alone.rs`) or runs in batches (`backfill.rs`). `crew.rs` has the sessions and what every
//! way needs: somebody who looks while the server works, patience, and the way back after a lost connection.

mod alone;
mod attend;
mod backfill;
mod batches;
mod between;
mod compose;
mod crew;
mod event;
mod gap;
mod guarded;
mod lag;
mod pace;
mod patience;
mod preview;
mod probe;
mod stepwise;
mod tracer;
mod whole;

use std::time::Duration;

use pgrefit_pg::{Connector, RunnerLock, Stop};
use pgrefit_sql::LockMode;

use crate::journal::Journal;
use crate::{Entry, Error, MigrationFile, read};

use crew::Crew;
use guarded::Guarded;

pub use batches::Batches;
pub use event::{Event, Listener};
pub use preview::{Part, Sent, preview};
pub use tracer::{Looked, Moment, Observe, StatementAt, StepAt, Tracer};

/// Bounds of a run.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How long to wait for another runner to finish.
    pub runner_wait: Duration,
    /// `lock_timeout` of each migration, if its file does not say otherwise.
    pub lock_timeout: Duration,
    /// `statement_timeout` of each migration, if its file does not say otherwise; zero is no limit.
    pub statement_timeout: Duration,
    /// How long a migration waits in all for locks, for gaps, and for transactions that `CONCURRENTLY` must outwait.
    pub lock_budget: Duration,
    /// Whether to look who is in the way before asking for a strong lock, and to wait for a gap.
    pub wait_for_gap: bool,
    /// How long to try to connect again after the connection was lost.
    pub reconnect_wait: Duration,
    /// How long a batch of a backfill may take, if its directive does not say otherwise.
    pub batch_target: Duration,
    /// How far replicas may fall behind before strong locks and batches wait for them.
    pub replica_lag_max: Duration,
}

/// A migration that this run has applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The version.
    pub version: i64,
    /// `V3__name`.
    pub title: String,
    /// How many statements it had.
    pub statements: usize,
    /// How long it took, as seen from here, waiting included.
    pub duration: Duration,
    /// How much of that went into waiting for locks and gaps.
    pub waited: Duration,
    /// How many attempts did not get their locks.
    pub lockouts: usize,
    /// What its batches came to.
    pub batches: Batches,
    /// What the probes in its transactions found, with [`Observe::Probes`]; by statement.
    pub probed: Vec<Probed>,
    /// What its transactions held before they were committed, with [`Observe::Probes`]: the strongest mode on each relation,
    /// pgrefit's own and catalogs left out.
    pub held: Vec<HeldLock>,
}

/// How long a statement took on the live server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probed {
    /// The number of the statement in the file, from 1.
    pub number: usize,
    /// By the server's clock; of one on its own or in batches, as seen from here.
    pub duration: Duration,
}

/// A lock that a transaction held before it was committed. ACCESS SHARE is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLock {
    /// The number of the transaction's first statement in the file.
    pub step: usize,
    /// The relation, quoted; an index for itself.
    pub relation: String,
    /// The mode.
    pub mode: LockMode,
    /// How long the transaction had been open when `COMMIT` was sent.
    pub open: Duration,
}

/// Refuses files with statements that cannot run in a migration, before anything runs.
///
/// # Errors
/// [`Error::Unrunnable`] for the first such statement.
pub fn check_runnable(entries: &[&Entry]) -> Result<(), Error> {
    for file in entries.iter().filter_map(|entry| entry.file.as_ref()) {
        if let Some((statement, obstacle)) = file.script().first_obstacle() {
            return Err(Error::Unrunnable { path: file.path.clone(), place: statement.place, obstacle });
        }
    }
    Ok(())
}

/// Applies what is pending up to `target`, as the only runner on the database: `lock` is the proof, is looked at again on
/// the way, and gained again if it was lost. A file is one transaction together with its history row, if its statements
/// can be; else its steps are recorded in a journal, and the history row comes at the end.
///
/// Locks: those of the migrations' statements, each waited for at most `lock_timeout` (`CONCURRENTLY`, which keeps nobody
/// out while it waits, for `lock_budget`); ROW EXCLUSIVE on the history tables.
///
/// # Errors
/// The first thing that went wrong. Whatever was applied before it stays applied and recorded.
#[expect(clippy::too_many_arguments, reason = "a run is these things, and each is named at its one call")]
pub async fn apply(
    connector: &Connector,
    lock: &mut RunnerLock,
    files: &[MigrationFile],
    table: &str,
    target: Option<i64>,
    bounds: Bounds,
    stop: &Stop,
    listener: &mut Listener<'_>,
) -> Result<Vec<Applied>, Error> {
    apply_observed(connector, lock, files, table, target, bounds, stop, listener, Observe::Not).await
}

/// The same, looked at from inside.
///
/// # Errors
/// Those of [`apply`], and what a tracer's look met.
#[expect(clippy::too_many_arguments, reason = "a run is these things, and each is named at its one call")]
pub async fn apply_observed(
    connector: &Connector,
    lock: &mut RunnerLock,
    files: &[MigrationFile],
    table: &str,
    target: Option<i64>,
    bounds: Bounds,
    stop: &Stop,
    listener: &mut Listener<'_>,
    mut observe: Observe<'_>,
) -> Result<Vec<Applied>, Error> {
    let _heed = stop.heed();
    let mut session = connector.migrator().await?;
    let (plan, history) = read::runnable(&mut session, files, table, target).await?;
    let pending: Vec<&Entry> = plan.pending().collect();
    if pending.is_empty() {
        return Ok(Vec::new());
    }
    check_runnable(&pending)?;
    if connector.is_through_pooler() {
        whole::check_poolable(&pending, session.version_num())?;
    }
    if !(history.exists && history.has_notes) {
        session.batch(&history.create_sql()).await?;
    }
    let needs_journal = pending.iter().filter_map(|entry| entry.file.as_ref()).any(needs_journal);
    if needs_journal && !history.has_journal {
        session.batch(&Journal::create_sql(&history)).await?;
    }
    let crew = Crew::new(connector, session, lock, &history, bounds, stop, listener, observe.reborrow());
    Box::pin(Guarded::new(crew, &plan).run(files, target)).await
}

fn needs_journal(file: &MigrationFile) -> bool {
    !file.script().is_one_transaction()
}

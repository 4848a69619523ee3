//! Migrations of a database: what its history says, held against the files; and its last runs.

use pgrefit_history::{Error, Plan, RunRecord, State, read_plan, recent_runs};
use pgrefit_pg::ReadOnly;

use super::{Missed, failure, note};
use crate::board::{Dated, Part, Seat};

/// Runs that are kept.
const RUNS_MAX: u16 = 10;
/// Migrations that are shown: the newest.
const SHOWN_MAX: usize = 50;

/// What is known of migrations.
#[derive(Debug, Clone)]
pub(crate) struct Migrations {
    pub(crate) version: Option<i64>,
    pub(crate) applied: usize,
    pub(crate) pending: usize,
    pub(crate) diverged: usize,
    /// The newest, in order.
    pub(crate) entries: Vec<Entry>,
    /// The newest first.
    pub(crate) runs: Vec<RunRecord>,
    /// When a run last ended with exit code 0, in seconds since 1970.
    pub(crate) last_success: Option<i64>,
    /// Applied, and reformatted since: an audit may accept what they are recorded as.
    pub(crate) cosmetic: Vec<pgrefit_history::Entry>,
}

/// One migration.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) version: i64,
    pub(crate) title: String,
    pub(crate) state: State,
    pub(crate) applied_on: Option<String>,
}

impl Migrations {
    fn new(plan: Plan, runs: Vec<RunRecord>, last_success: Option<i64>) -> Self {
        let skipped = plan.entries.len().saturating_sub(SHOWN_MAX);
        let entries = plan.entries.iter().skip(skipped).map(|entry| Entry {
            version: entry.version,
            title: entry.title.clone(),
            state: entry.state,
            applied_on: entry.recorded.as_ref().map(|row| row.applied_on.clone()),
        });
        Self {
            version: plan.current(),
            applied: plan.applied_count(),
            pending: plan.pending().count(),
            diverged: plan.problems().count(),
            entries: entries.collect(),
            runs,
            last_success,
            cosmetic: plan.entries.into_iter().filter(|entry| entry.state == State::Cosmetic).collect(),
        }
    }

    /// The newest run that has ended.
    pub(crate) fn last_ended(&self) -> Option<&RunRecord> {
        self.runs.iter().filter(|run| run.finished.is_some()).max_by_key(|run| run.finished)
    }
}

/// Reads the history and the record of runs; locks: ACCESS SHARE on them.
pub(super) async fn look(session: &mut ReadOnly, seat: &Seat) -> Result<(), Missed> {
    let problem = match read(session, seat).await {
        Ok(migrations) => {
            seat.write(|seen| seen.migrations = Some(Dated::now(migrations)));
            None
        }
        Err(error) => {
            let told = failure(&error, error.hint());
            Some((told, if let Error::Database(source) = error { Some(source) } else { None }))
        }
    };
    note(seat, Part::Migrations, problem)
}

async fn read(session: &mut ReadOnly, seat: &Seat) -> Result<Migrations, Error> {
    let target = &seat.target;
    let (plan, history) = read_plan(session, &target.files, &target.history_table, None).await?;
    let (runs, last_success) = recent_runs(session, &history, RUNS_MAX).await?;
    Ok(Migrations::new(plan, runs, last_success))
}

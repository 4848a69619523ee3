//! Schema migrations on top of refinery: the files, the history table, checksums, the plan, and the guarded apply.
//!
//! refinery decides names, order and what is pending; how a migration's SQL runs, who may run it and what is told about
//! it is decided here, through refinery's public traits. This is the only crate that knows refinery.

mod apply;
mod checksum;
mod course;
mod error;
pub mod failpoint;
mod file;
mod journal;
mod ledger;
mod message;
mod plan;
mod read;
mod record;
mod table;

pub use apply::{
    Applied, Batches, Bounds, Event, HeldLock, Listener, Looked, Moment, Observe, Part, Probed, Sent,
    StatementAt, StepAt, Tracer, apply, apply_observed, check_runnable, preview,
};
pub use checksum::{Match, VersionWidth, checksum, compare};
pub use course::{Way, ways};
pub use error::{Error, StatementError, hint_for};
pub use file::{FileError, MigrationFile, read_folder, sorted, version_in_name};
pub use journal::JOURNAL_TABLE;
pub use ledger::{
    BegunRun, ClosedRun, LastRun, NOT_VERIFIED, RUN_STEP_TABLE, RUN_TABLE, RunBegins, RunEnds, RunRecord,
    RunStep, TRY_AGAIN, accept_run, begin_run, close_killed_runs, end_run, last_run, recent_runs,
    runs_without_success,
};
pub use plan::{Entry, Plan, State};
pub use read::{read_plan, read_plan_as_guest, refuse_problems};
pub use record::{Repair, adopt, repair, repairs};
pub use table::{ARCHIVE_TABLE, DEFAULT_TABLE, History, NOTES_TABLE, OWN_TABLES, Recorded};

//! Why migrations cannot be planned or applied.

use std::path::PathBuf;
use std::time::Duration;

use pgrefit_pg::Error as PgError;
use pgrefit_pg::activity::Blocker;
use pgrefit_sql::{Obstacle, Place};
use thiserror::Error;

use crate::{Entry, FileError, State};

/// An error of this crate.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The migration files cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The database said no, or nothing.
    #[error(transparent)]
    Database(#[from] PgError),
    /// Files and history do not fit; nothing was done. One entry for each version that does not.
    #[error("the migration files and the history of the database do not fit: {}", summary(.0))]
    Diverged(Vec<Entry>),
    /// The session has no schema to create the history table in.
    #[error("failed to find a schema for the history table: search_path names none that exists")]
    NoSchema,
    /// A table of the history's name is something else.
    #[error("the table \"{table}\" is not a migration history: {found}")]
    NotHistory {
        /// The table.
        table: String,
        /// What is wrong with it.
        found: String,
    },
    /// A history row without a version.
    #[error("{table} has a row without a version")]
    BrokenRow {
        /// The table.
        table: String,
    },
    /// A version that the history table's column cannot hold.
    #[error(
        "version {version} does not fit the history table: its column version is int4 (at most 2147483647)"
    )]
    VersionTooWide {
        /// The version.
        version: i64,
        /// The history table, quoted.
        table: String,
    },
    /// `--target` names no version.
    #[error("there is no migration with version {0}")]
    UnknownTarget(i64),
    /// A statement that cannot run in a migration.
    #[error("{}:{}:{}: {}", path.display(), place.line, place.column, obstacle_text(*obstacle))]
    Unrunnable {
        /// The file.
        path: PathBuf,
        /// The statement's place.
        place: Place,
        /// What is in the way.
        obstacle: Obstacle,
    },
    /// A statement that would stay in effect in a backend of a pool, which somebody else gets next.
    #[error(
        "{}:{}:{}: the statement would outlive its transaction in a backend of the pool",
        path.display(), place.line, place.column
    )]
    NotPoolable {
        /// The file.
        path: PathBuf,
        /// The statement's place.
        place: Place,
    },
    /// Something in the catalog is in the way of a statement.
    #[error("{}:{}:{}: {what}", path.display(), place.line, place.column)]
    InTheWay {
        /// The file.
        path: PathBuf,
        /// The statement's place.
        place: Place,
        /// What.
        what: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// A backfill of a table that batches cannot follow.
    #[error(
        "{}:{}:{}: {table} has no unique key of columns that are never null, which batches could follow",
        path.display(), place.line, place.column
    )]
    NoKey {
        /// The file.
        path: PathBuf,
        /// The statement's place.
        place: Place,
        /// The table, as written.
        table: String,
    },
    /// A step of a file was run already, and reads otherwise now.
    #[error(
        "{}:{}:{}: this part of the file was run already, and was changed since",
        path.display(), place.line, place.column
    )]
    StepChanged {
        /// The file.
        path: PathBuf,
        /// Where the step stands, or stood.
        place: Place,
    },
    /// Rows that a backfill wants keep appearing.
    #[error("rows of {table} that {title} changes were still there after going through it {passes} times")]
    RowsLeft {
        /// The migration.
        title: String,
        /// The table, as written.
        table: String,
        /// How often it was gone through.
        passes: u32,
    },
    /// An error after a part of a file took effect for good. The journal says which part.
    #[error("{title} is applied in part: {} of {count} steps done", done)]
    PartWay {
        /// The migration.
        title: String,
        /// How many steps are done.
        done: usize,
        /// Of how many.
        count: usize,
        /// What went wrong.
        #[source]
        source: Box<Error>,
    },
    /// Somebody was in the way for longer than a migration may wait, and it did not ask for its locks.
    #[error("failed to find a gap for the locks of {title} within {} s", waited.as_secs())]
    NoGap {
        /// The migration.
        title: String,
        /// Who is in the way, oldest transaction first.
        blockers: Vec<Blocker>,
        /// How long it has waited.
        waited: Duration,
    },
    /// Replicas did not catch up for longer than a migration may wait.
    #[error("failed to apply {title}: a replica is {} s behind", lag.as_secs())]
    ReplicasBehind {
        /// The migration.
        title: String,
        /// How far.
        lag: Duration,
    },
    /// A statement that keeps nobody out waited for others for longer than it may, and was cancelled.
    #[error(
        "failed to finish a statement of {title}: it has waited for others for {} s{}",
        waited.as_secs(), if *is_clean { "" } else { "; what it left unfinished is removed by the next run" }
    )]
    OverBudget {
        /// The migration.
        title: String,
        /// Whom it waited for.
        blockers: Vec<Blocker>,
        /// How long.
        waited: Duration,
        /// Whether what it left behind could be removed.
        is_clean: bool,
    },
    /// A request to stop was heard.
    #[error("stopped in {title}")]
    Stopped {
        /// The migration that was under way.
        title: String,
    },
    /// The server that came back after a lost connection lacks what was committed before.
    #[error("lost commits: what was applied of V{version} is not recorded any more (noticed in {title})")]
    CommitsLost {
        /// The migration that was under way.
        title: String,
        /// The first version that is missing.
        version: i64,
    },
    /// A statement of a migration failed; the migration was rolled back.
    #[error(transparent)]
    Statement(Box<StatementError>),
    /// Recording or committing a migration failed; the migration was rolled back.
    #[error("failed to {what} {title}")]
    Commit {
        /// `begin`, `record` or `commit`.
        what: &'static str,
        /// The migration.
        title: String,
        /// What the server said.
        #[source]
        source: PgError,
    },
    /// The file ended the transaction that pgrefit had opened for it.
    #[error("{} ends the transaction it runs in: a part of it is committed, but it is not recorded", path.display())]
    EndedTransaction {
        /// The file.
        path: PathBuf,
    },
    /// The connection that holds the runner lock died; another runner may be at work.
    #[error("lost the runner lock before {title}")]
    LockLost {
        /// The migration that was not begun.
        title: String,
        /// What became of the connection.
        #[source]
        source: PgError,
    },
    /// A database that has a history cannot be adopted again.
    #[error("{table} records migrations already ({count})")]
    AlreadyManaged {
        /// The history table, quoted.
        table: String,
        /// How many rows it has.
        count: usize,
    },
    /// The history is no longer what was shown before a repair.
    #[error("the record of {title} has changed since it was shown")]
    ChangedMeanwhile {
        /// The migration.
        title: String,
    },
    /// refinery refused what was planned. A bug of pgrefit: both judge by the same rules.
    #[error("refinery refused the plan")]
    Refinery(#[source] refinery::Error),
}

/// The failure of one statement of a migration.
#[derive(Debug, Error)]
#[error("failed to apply {title}")]
pub struct StatementError {
    /// The migration.
    pub title: String,
    /// The file.
    pub path: PathBuf,
    /// Where in the file, as exactly as the server told.
    pub place: Place,
    /// The text of that line.
    pub line: String,
    /// Who was in the way, if a lock was not granted.
    pub blockers: Vec<Blocker>,
    /// What the server said.
    pub source: PgError,
}

impl Error {
    /// With those who were in the way.
    pub(crate) fn with_blockers(mut self, found: Vec<Blocker>) -> Self {
        if let Self::Statement(error) = &mut self {
            error.blockers = found;
        }
        self
    }

    /// The lost connection that it tells of outside of a statement, where what was to be done can simply be begun again.
    pub(crate) fn into_lost(self) -> Result<PgError, Self> {
        match self {
            Self::Database(lost @ PgError::Lost { .. }) => Ok(lost),
            Self::PartWay { title, done, count, source } => source
                .into_lost()
                .map_err(|source| Self::PartWay { title, done, count, source: Box::new(source) }),
            other => Err(other),
        }
    }

    /// Those who were in the way, if that is what went wrong.
    #[must_use]
    pub fn blockers(&self) -> &[Blocker] {
        match self {
            Self::NoGap { blockers, .. } | Self::OverBudget { blockers, .. } => blockers,
            Self::Statement(error) => &error.blockers,
            Self::PartWay { source, .. } => source.blockers(),
            _ => &[],
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::File(error) => error.hint(),
            Self::Diverged(entries) => return entries.first().map(|entry| hint_for(entry.state).to_owned()),
            Self::NoSchema => {
                "create the schema, or connect with a search_path that names an existing one".into()
            }
            Self::NotHistory { .. } => {
                "name another history table in pgrefit.toml ([migrations] history_table)".into()
            }
            Self::BrokenRow { table } => format!("look at it: SELECT * FROM {table} WHERE version IS NULL"),
            Self::VersionTooWide { table, .. } => format!(
                "use smaller numbers, or widen the column once: ALTER TABLE {table} ALTER COLUMN version TYPE int8 \
                 (plain refinery then needs its feature int8-versions)"
            ),
            Self::UnknownTarget(_) => "`pgrefit status` lists the versions".into(),
            Self::Unrunnable { obstacle, .. } => obstacle_hint(*obstacle).into(),
            Self::NotPoolable { .. } => {
                "write SET LOCAL, or leave it out, or connect to PostgreSQL itself".into()
            }
            Self::InTheWay { hint, .. } => (*hint).into(),
            Self::NoKey { .. } => {
                "give the table a primary key, or take the directive `backfill` out and run it as one statement".into()
            }
            Self::StepChanged { .. } => {
                "restore this part of the file; put what is to change into a new migration".into()
            }
            Self::RowsLeft { .. } => {
                "keep the application from writing such rows first, by a DEFAULT or a trigger; then run again".into()
            }
            Self::PartWay { source, .. } => return source.hint(),
            Self::NoGap { .. } | Self::OverBudget { .. } => {
                "wait for them, or end them, and run again; migrations.lock_budget says how long to wait".into()
            }
            Self::ReplicasBehind { .. } => {
                "see what keeps the replica, and run again; migrations.replica_lag_max says how far one may be behind".into()
            }
            Self::Stopped { .. } => "run again to go on; what was committed is recorded".into(),
            Self::CommitsLost { .. } => {
                "the server that answers now lacks commits of the one before: see what the failover lost, then run again".into()
            }
            Self::EndedTransaction { .. } => {
                "take BEGIN, COMMIT and ROLLBACK out of the file; look at what it did before running again"
                    .into()
            }
            Self::AlreadyManaged { .. } => {
                "run `pgrefit migrate`; `pgrefit status` shows what is recorded".into()
            }
            Self::ChangedMeanwhile { .. } => "look again with `pgrefit repair`".into(),
            Self::LockLost { .. } => "run again; what was applied is recorded".into(),
            Self::Database(source) | Self::Commit { source, .. } => return source.hint(),
            Self::Statement(error) => return error.source.hint(),
            Self::Refinery(_) => return None,
        };
        Some(text)
    }
}

/// What to do about a version in this state.
#[must_use]
pub fn hint_for(state: State) -> &'static str {
    match state {
        State::Divergent => {
            "restore the file as it was applied, or, if the edit was deliberate, record it with `pgrefit repair`"
        }
        State::FileMissing => {
            "bring the file back (version control has it); `pgrefit status` shows what is recorded"
        }
        State::Ahead => "a newer release has migrated this database; use that release or a later one",
        State::OutOfOrder => {
            "give the file a version above the last applied one, or, if its place in the order does not matter, \
             begin its name with U instead of V"
        }
        State::Cosmetic => "`pgrefit repair --cosmetic` records the reformatted file",
        State::Applied | State::Pending | State::AboveTarget => "nothing to do",
    }
}

fn summary(entries: &[Entry]) -> String {
    let first =
        entries.first().map(|entry| format!("{}: {}", entry.title, entry.state.word())).unwrap_or_default();
    match entries.len() {
        0 | 1 => first,
        count => format!("{first} (and {} more)", count - 1),
    }
}

fn obstacle_text(obstacle: Obstacle) -> String {
    match obstacle {
        Obstacle::ControlsTransaction => {
            "the statement ends the transaction that the migration runs in".to_owned()
        }
        Obstacle::RefusedInTransaction => {
            "the statement must run on its own, but the text around it is not understood and cannot be taken apart"
                .to_owned()
        }
        Obstacle::NeedsPsql => {
            "COPY … FROM STDIN needs psql to send its rows, COPY … TO STDOUT to take them".to_owned()
        }
        Obstacle::Unnamed => {
            "a concurrent index without a name cannot be found again after an interruption".to_owned()
        }
        Obstacle::PsqlCommand => "the line is a command of psql, which no server understands".to_owned(),
        Obstacle::NotBatches(reason) => format!("the statement cannot run in batches: {reason}"),
    }
}

fn obstacle_hint(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::ControlsTransaction => "leave it out: each migration already is one transaction",
        Obstacle::RefusedInTransaction => "put it into a file of its own",
        Obstacle::NeedsPsql => "write the rows to be inserted as INSERT … VALUES; leave the other out",
        Obstacle::Unnamed => "give the index a name",
        Obstacle::PsqlCommand => "write SQL in its place, or leave it out",
        Obstacle::NotBatches(_) => {
            "take the directive `backfill` out, or write a statement that can have batches"
        }
    }
}

//! A command that failed: the exit code and the words, made from the errors of the crates below. The one place that
//! turns an error into an exit code.

mod measuring;

use pgrefit_archive::Error as ArchiveError;
use pgrefit_backup::Error as BackupError;
use pgrefit_bench::Error as BenchError;
use pgrefit_history::{Error as HistoryError, FileError};
use pgrefit_lifecycle::Error as LifecycleError;
use pgrefit_migrate::Error as MigrateError;
use pgrefit_migrate::proof::{KeyError, ProofError};
use pgrefit_pg::Error as PgError;
use pgrefit_rehearse::Error as RehearseError;
use pgrefit_report::{Failure, Location, Report};
use pgrefit_scratch::Error as ScratchError;
use pgrefit_serve::Error as ServeError;
use pgrefit_sql::without_passwords;

use crate::Exit;

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) exit: Exit,
    pub(crate) failure: Box<Failure>,
    /// What there is to show besides the failure: the plan, the differences.
    pub(crate) report: Option<Box<Report>>,
}

impl Failed {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, failure: Box::new(Failure::new(message)), report: None }
    }

    fn from_error(exit: Exit, error: &dyn std::error::Error) -> Self {
        Self { exit, failure: Box::new(Failure::from_error(error)), report: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.failure.hint = Some(hint.into());
        self
    }

    fn hint_if(mut self, hint: Option<String>) -> Self {
        self.failure.hint = hint;
        self
    }

    pub(crate) fn with_report(mut self, report: Report) -> Self {
        self.report = Some(Box::new(report));
        self
    }

    pub(crate) fn with_report_if(self, report: Option<Report>) -> Self {
        Self { report: report.map(Box::new), ..self }
    }

    pub(crate) fn exit(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }

    /// As the cause of a larger failure: same exit code, hint and place.
    pub(crate) fn within(mut self, message: &str) -> Self {
        let own = std::mem::replace(&mut self.failure.message, message.to_owned());
        self.failure.causes.insert(0, own);
        self
    }

    /// The message and its causes in one line.
    pub(crate) fn line(&self) -> String {
        let causes = self.failure.causes.iter().map(String::as_str);
        std::iter::once(self.failure.message.as_str()).chain(causes).collect::<Vec<_>>().join(": ")
    }

    fn sqlstate_of(mut self, error: &PgError) -> Self {
        self.failure.sqlstate = error.server().map(|server| server.sqlstate.clone());
        self
    }
}

impl From<PgError> for Failed {
    fn from(error: PgError) -> Self {
        Self::from_error(exit_for(&error), &error).hint_if(error.hint()).sqlstate_of(&error)
    }
}

/// The exit code of a database error outside of a migration's own statements.
fn exit_for(error: &PgError) -> Exit {
    match error {
        PgError::NotNamed
        | PgError::Settings { .. }
        | PgError::NoRootCertificate { .. }
        | PgError::UnknownDatabase { .. } => Exit::Usage,
        PgError::ReadOnlyServer(_) => Exit::TryAgain,
        PgError::Authentication { .. } | PgError::Tls { .. } | PgError::NotPermitted(_) => Exit::Denied,
        // A statement that ran into statement_timeout will do so again; one that somebody cancelled need not.
        PgError::Cancelled(server) if server.message.contains("user request") => Exit::TryAgain,
        error if error.is_retryable() => Exit::TryAgain,
        _ => Exit::Unchanged,
    }
}

impl From<FileError> for Failed {
    fn from(error: FileError) -> Self {
        Self::from_error(Exit::Usage, &error).hint(error.hint())
    }
}

impl From<HistoryError> for Failed {
    fn from(error: HistoryError) -> Self {
        let hint = error.hint();
        let in_the_way = in_the_way(&error);
        let mut failed = Self::of_history(error, hint);
        for cause in in_the_way {
            if !failed.failure.causes.contains(&cause) {
                failed.failure.causes.push(cause);
            }
        }
        failed
    }
}

impl Failed {
    fn of_history(error: HistoryError, hint: Option<String>) -> Self {
        match error {
            HistoryError::File(error) => error.into(),
            HistoryError::Database(error) => error.into(),
            HistoryError::Statement(ref statement) => {
                let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
                let location = Location {
                    file: statement.path.display().to_string(),
                    line: number(statement.place.line),
                    column: number(statement.place.column),
                    text: without_passwords(&statement.line),
                    excerpt: None,
                };
                let exit = exit_for(&statement.source);
                let mut failed = Self::from_error(exit, &error).hint_if(hint).sqlstate_of(&statement.source);
                failed.failure.location = Some(location);
                failed
            }
            HistoryError::Commit { ref source, .. } => {
                Self::from_error(exit_for(source), &error).hint_if(hint).sqlstate_of(source)
            }
            HistoryError::PartWay { ref title, done, count, source } => {
                let message = format!("{title} is applied in part: {done} of {count} steps done");
                let failed = Self::from(*source);
                let exit = if failed.exit == Exit::TryAgain { Exit::TryAgain } else { Exit::PartWay };
                failed.within(&message).exit(exit)
            }
            ref other => Self::from_error(exit_for_history(other), other).hint_if(hint),
        }
    }
}

/// Those in the way, as causes of a failure.
fn in_the_way(error: &HistoryError) -> Vec<String> {
    error.blockers().iter().take(5).map(|blocker| format!("in the way: {blocker}")).collect()
}

fn exit_for_history(error: &HistoryError) -> Exit {
    match error {
        HistoryError::Diverged(_)
        | HistoryError::ChangedMeanwhile { .. }
        | HistoryError::StepChanged { .. } => Exit::Diverged,
        HistoryError::Unrunnable { .. }
        | HistoryError::NotPoolable { .. }
        | HistoryError::InTheWay { .. }
        | HistoryError::NoKey { .. }
        | HistoryError::AlreadyManaged { .. } => Exit::Refused,
        HistoryError::EndedTransaction { .. } | HistoryError::RowsLeft { .. } => Exit::PartWay,
        HistoryError::LockLost { .. }
        | HistoryError::NoGap { .. }
        | HistoryError::ReplicasBehind { .. }
        | HistoryError::OverBudget { .. }
        | HistoryError::Stopped { .. }
        | HistoryError::CommitsLost { .. } => Exit::TryAgain,
        HistoryError::Refinery(_) => Exit::Internal,
        _ => Exit::Usage,
    }
}

impl From<ArchiveError> for Failed {
    fn from(error: ArchiveError) -> Self {
        let hint = error.hint();
        let exit = match &error {
            ArchiveError::Source(cause) | ArchiveError::Scratch(cause) => exit_for(cause),
            error if error.is_retryable() => Exit::TryAgain,
            ArchiveError::Refused { .. } | ArchiveError::LiveServer | ArchiveError::NotRestorable { .. } => {
                Exit::Refused
            }
            ArchiveError::Differs { .. }
            | ArchiveError::FileChanged { .. }
            | ArchiveError::ObjectChanged { .. } => Exit::Backup,
            ArchiveError::Changing { .. } => Exit::Unchanged,
            _ => Exit::Usage,
        };
        Self::from_error(exit, &error).hint_if(hint)
    }
}

impl From<LifecycleError> for Failed {
    fn from(error: LifecycleError) -> Self {
        let hint = error.hint();
        let exit = match &error {
            LifecycleError::Server { source, .. } => exit_for(source),
            error if error.is_temporary() => Exit::TryAgain,
            LifecycleError::Refused { .. } | LifecycleError::Unfit { .. } => Exit::Refused,
            _ => Exit::Usage,
        };
        Self::from_error(exit, &error).hint_if(hint)
    }
}

impl From<BackupError> for Failed {
    fn from(error: BackupError) -> Self {
        let hint = error.hint();
        let exit = match &error {
            BackupError::Source(cause) | BackupError::Target(cause) => match exit_for(cause) {
                exit @ (Exit::Denied | Exit::TryAgain | Exit::Usage) => exit,
                _ => Exit::Backup,
            },
            BackupError::NotReadable { .. } => Exit::Denied,
            BackupError::LiveServer => Exit::Refused,
            error if error.is_retryable() => Exit::TryAgain,
            _ => Exit::Backup,
        };
        Self::from_error(exit, &error).hint_if(hint)
    }
}

impl From<BenchError> for Failed {
    fn from(error: BenchError) -> Self {
        match error {
            BenchError::Database(error) => error.into(),
            other => Self::from_error(Exit::Usage, &other).hint_if(other.hint()),
        }
    }
}

impl From<RehearseError> for Failed {
    fn from(error: RehearseError) -> Self {
        let hint = error.hint();
        match error {
            RehearseError::History(error) => {
                let failed = Self::from(error);
                let exit = if failed.exit == Exit::TryAgain { Exit::TryAgain } else { Exit::Rehearsal };
                failed.exit(exit)
            }
            RehearseError::IsLive { .. } | RehearseError::IsStandby { .. } => {
                Self::from_error(Exit::Refused, &error).hint_if(hint)
            }
            ref other => Self::from_error(Exit::Rehearsal, other).hint_if(hint),
        }
    }
}

impl From<ProofError> for Failed {
    fn from(error: ProofError) -> Self {
        MigrateError::from(error).into()
    }
}

impl From<KeyError> for Failed {
    fn from(error: KeyError) -> Self {
        Self::from_error(Exit::Usage, &error).hint("`pgrefit proof key --output FILE` makes a key")
    }
}

impl From<ScratchError> for Failed {
    fn from(error: ScratchError) -> Self {
        let exit = match error {
            ScratchError::Busy { .. } | ScratchError::DownloadTimeout { .. } => Exit::TryAgain,
            ScratchError::NotStarted { .. }
            | ScratchError::NotStopped { .. }
            | ScratchError::InitDb { .. } => Exit::Unchanged,
            _ => Exit::Usage,
        };
        Self::from_error(exit, &error).hint_if(error.hint())
    }
}

impl From<ServeError> for Failed {
    fn from(error: ServeError) -> Self {
        let exit = match error {
            ServeError::Listen { .. } => Exit::Unchanged,
            ServeError::Exposed { .. } => Exit::Refused,
            _ => Exit::Usage,
        };
        let hint = error.hint().map(str::to_owned);
        Self::from_error(exit, &error).hint_if(hint)
    }
}

impl From<MigrateError> for Failed {
    fn from(error: MigrateError) -> Self {
        let hint = error.hint();
        match error {
            MigrateError::History(error) => error.into(),
            MigrateError::Database(error) => error.into(),
            MigrateError::Scratch(error) => error.into(),
            MigrateError::Baseline(cause) => {
                Self::from(*cause).within("failed to build the baseline on a scratch server")
            }
            MigrateError::Schema(cause) => {
                Self::from(cause).within("failed to read the schema of the database")
            }
            MigrateError::Refused { ref reasons, environment } => {
                let message = format!("failed to pass the gate of a {} database", environment.word());
                let mut failed = Self::new(Exit::Refused, message).hint_if(hint);
                failed.failure.causes.clone_from(reasons);
                failed
            }
            MigrateError::Backup(error) => Self::from(*error),
            MigrateError::ManifestChanged { .. } => Self::from_error(Exit::Backup, &error).hint_if(hint),
            MigrateError::Rehearse(error) => Self::from(*error),
            MigrateError::Measure(error) => error.into(),
            MigrateError::Rehearsal { .. } | MigrateError::OtherCopy { .. } => {
                Self::from_error(Exit::Rehearsal, &error).hint_if(hint)
            }
            MigrateError::Proof(_)
            | MigrateError::NotAdopted { .. }
            | MigrateError::Different { .. }
            | MigrateError::Pooler
            | MigrateError::ChangedBehindGate { .. } => Self::from_error(Exit::Refused, &error).hint_if(hint),
            MigrateError::Stopped => Self::from_error(Exit::TryAgain, &error).hint_if(hint),
            ref other => Self::from_error(Exit::Usage, other).hint_if(hint),
        }
    }
}

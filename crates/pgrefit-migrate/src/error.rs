//! Why a step cannot be done.

use std::path::PathBuf;

use pgrefit_history::Error as HistoryError;
use pgrefit_pg::Error as PgError;
use pgrefit_report::counted;
use pgrefit_scratch::Error as ScratchError;
use thiserror::Error;

use crate::policy::Environment;
use crate::proof::ProofError;

/// An error of this crate.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Files, history, or a migration.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The database said no, or nothing.
    #[error(transparent)]
    Database(#[from] PgError),
    /// The schema could not be read.
    #[error("failed to read the schema of the database")]
    Schema(#[source] PgError),
    /// The scratch server.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// The scratch server could not be given the baseline.
    #[error("failed to build the baseline on a scratch server")]
    Baseline(#[source] Box<Error>),
    /// The database has objects but no history.
    #[error("the database has objects ({objects}) but no migration history")]
    NotAdopted {
        /// How many objects there are.
        objects: u64,
    },
    /// The database differs from the baseline, and the difference is not accepted.
    #[error("the database differs from the baseline V{version} in {}", counted(*changes, "place"))]
    Different {
        /// The baseline version.
        version: i64,
        /// How many places differ.
        changes: usize,
        /// The name of the difference.
        fingerprint: String,
    },
    /// The connection goes through a pooler in transaction mode.
    #[error(
        "the connection goes through a pooler in transaction mode, where session settings and locks are not kept"
    )]
    Pooler,
    /// The server did not say where it stands.
    #[error("failed to read the position of the database in its WAL")]
    NoMoment,
    /// The gate refused.
    #[error("the gate refuses: {}", reasons.join("; "))]
    Refused {
        /// The environment whose policy asks for what is missing.
        environment: Environment,
        /// Every reason, as sentences.
        reasons: Vec<String>,
    },
    /// The database changed between the gate and the run.
    #[error("{what} has changed since the proofs were judged")]
    ChangedBehindGate {
        /// What has changed.
        what: &'static str,
    },
    /// A proof cannot be read.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The backup failed, or its verification.
    #[error(transparent)]
    Backup(Box<pgrefit_backup::Error>),
    /// The manifest of a backup is not the one that was verified.
    #[error("the manifest of the backup in {} is not the one that was verified", folder.display())]
    ManifestChanged {
        /// The folder of the backup.
        folder: PathBuf,
    },
    /// The rehearsal found something.
    #[error("the rehearsal failed: {message}")]
    Rehearsal {
        /// What, in one sentence.
        message: String,
        /// What to do about it, if that is known.
        hint: Option<String>,
    },
    /// The rehearsal could not be done.
    #[error(transparent)]
    Rehearse(Box<pgrefit_rehearse::Error>),
    /// The copy is not one of the live database.
    #[error("the copy {what}")]
    OtherCopy {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The queries could not be measured.
    #[error(transparent)]
    Measure(#[from] pgrefit_bench::Error),
    /// A request to stop was heard before anything had begun.
    #[error("stopped before the first migration")]
    Stopped,
    /// There is no migration with the version that is to be the baseline.
    #[error("there is no migration with the baseline version {0}")]
    UnknownBaseline(i64),
    /// A file to load cannot be read.
    #[error("failed to read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A statement or row of a loaded file was refused.
    #[error("failed to load {}, near line {line}", path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// The line where the failing piece begins, or the error's own line in it.
        line: usize,
        /// What the server said.
        #[source]
        source: PgError,
    },
}

impl From<pgrefit_backup::Error> for Error {
    fn from(error: pgrefit_backup::Error) -> Self {
        Self::Backup(Box::new(error))
    }
}

impl From<pgrefit_rehearse::Error> for Error {
    fn from(error: pgrefit_rehearse::Error) -> Self {
        Self::Rehearse(Box::new(error))
    }
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::History(error) => error.hint(),
            Self::Database(error) | Self::Schema(error) | Self::Load { source: error, .. } => error.hint(),
            Self::Scratch(error) => error.hint(),
            Self::Baseline(error) => error.hint(),
            Self::NotAdopted { .. } => Some(
                "if its schema is that of the first migration, adopt it with `pgrefit baseline`, or with \
                 `pgrefit migrate --adopt`; if it is another database, check DATABASE_URL"
                    .into(),
            ),
            Self::Different { fingerprint, .. } => Some(format!(
                "make the database equal to the baseline, or, if the difference is harmless, adopt it with \
                 --accept-difference {fingerprint}"
            )),
            Self::Pooler => Some(
                "connect to PostgreSQL itself, or to a pool in session mode; or let --through-pooler do without session \
                 settings"
                    .into(),
            ),
            Self::Refused { environment, .. } => Some(format!(
                "[policy] environment is {}: `pgrefit migrate` without --proof makes new proofs; `pgrefit proof show FILE` \
                 says what one holds",
                environment.word()
            )),
            Self::ChangedBehindGate { .. } => {
                Some("somebody else changes the database; run again to take a new backup and to rehearse again".into())
            }
            Self::Backup(error) => error.hint(),
            Self::ManifestChanged { .. } => Some("take a new backup: `pgrefit migrate` without --proof does".into()),
            Self::Rehearsal { hint, .. } => Some(match hint {
                Some(hint) => format!("the live database was not touched; {hint}"),
                None => "the live database was not touched; the evidence shows what each statement did on the copy".into(),
            }),
            Self::Rehearse(error) => error.hint(),
            Self::OtherCopy { .. } => Some("make a fresh copy; without --staging-url, pgrefit makes one itself".into()),
            Self::NoMoment | Self::Measure(_) => None,
            Self::Proof(_) => Some("`pgrefit migrate --rehearse-only` makes proofs".into()),
            Self::Stopped => Some("run again to go on".into()),
            Self::UnknownBaseline(_) => Some("set [baseline] version in pgrefit.toml, or --version".into()),
            Self::Unreadable { .. } => Some("check the path and its permissions".into()),
        }
    }
}

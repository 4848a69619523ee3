//! A database that is watched, and what is to be known of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use pgrefit_audit::{Check, Ignore, Options};
use pgrefit_catalog::census::Census;
use pgrefit_history::{Entry, MigrationFile};
use pgrefit_lifecycle::PartitionSet;
use pgrefit_pg::Connector;
use pgrefit_report::Failure;

/// A database that is watched.
#[derive(Clone)]
pub struct Target {
    /// Its name in metrics and on the page; unique.
    pub name: String,
    /// What else is said of it.
    pub labels: BTreeMap<String, String>,
    /// What it is.
    pub environment: Environment,
    /// Whether changes come here first.
    pub is_canary: bool,
    /// Makes the way to it, anew for every session: secrets are renewed. The limits are replaced by those of the exporter.
    pub connect: Arc<Connect>,
    /// The migrations that it should have.
    pub files: Arc<[MigrationFile]>,
    /// The history table.
    pub history_table: String,
    /// Its partition sets.
    pub sets: Arc<[PartitionSet]>,
    /// The folder of backups.
    pub backups: Option<PathBuf>,
    /// The folder of evidence.
    pub evidence: Option<PathBuf>,
    /// How it is audited; nothing if it is not.
    pub audit: Option<AuditPlan>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Makes the way to a database, or says why there is none now.
pub type Connect = dyn Fn() -> Result<Connector, Box<Failure>> + Send + Sync;

/// What a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Environment {
    /// Real data, real users.
    #[default]
    Production,
    /// A copy for tests.
    Staging,
    /// It can be thrown away.
    Disposable,
}

impl Environment {
    /// As the list has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Disposable => "disposable",
        }
    }
}

/// Makes the options of an audit, of what was read and of the migrations whose files were reformatted since they were applied.
pub type MakeOptions = dyn Fn(&Census, &[Entry]) -> Options + Send + Sync;

/// How a database is audited.
#[derive(Clone)]
pub struct AuditPlan {
    /// What the audit is told.
    pub options: Arc<MakeOptions>,
    /// Which checks are asked.
    pub is_wanted: Arc<dyn Fn(&Check) -> bool + Send + Sync>,
    /// What is known and meant.
    pub ignores: Arc<[Ignore]>,
}

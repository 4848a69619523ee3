//! What a check is: words for people, what it reads, and a judgement.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::{Facts, Ruling};

/// One check: a room of its own under `checks/`.
#[derive(Debug)]
pub struct Check {
    /// Named for the problem, in kebab-case; the name of its file, and of its page.
    pub id: &'static str,
    /// Its place in the catalogue: `CON-01`.
    pub code: &'static str,
    /// What it is about.
    pub group: Group,
    /// The problem, in one sentence.
    pub title: &'static str,
    /// The worst it says.
    pub level: Status,
    /// Whether an audit that could not look here has not done its work.
    pub required: bool,
    /// What comes of the problem, and how it is told; with the source of any formula.
    pub matters: &'static str,
    /// What to do about it.
    pub cure: &'static str,
    /// What it rests on: where one of these could not be read, it is blind; where there is none on this server, it is skipped.
    pub sources: &'static [Source],
    /// A schema that has the problem, and the same without it; none where no schema can show it.
    pub example: Option<Example>,
    /// The judgement.
    pub judge: fn(&Facts<'_>, &mut Ruling),
}

/// A schema with the problem and one without it, as scripts. The first lines of `bad` say `-- finds OBJECT` for each object that
/// must be found; `-- since 18` for a major version that is needed; `-- needs vector` for an extension.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// With the problem.
    pub bad: &'static str,
    /// Without it.
    pub good: &'static str,
}

/// The groups of checks, in the order of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// What the project's own contract says.
    Contract,
    /// The history of migrations.
    History,
    /// Constraints and triggers.
    Constraints,
    /// Sequences and the keys they fill.
    Sequences,
    /// Indexes.
    Indexes,
    /// Vectors and documents.
    Vectors,
    /// The design of tables.
    Design,
    /// Vacuum and statistics.
    Vacuum,
    /// Activity and locks.
    Activity,
    /// Replication, WAL and I/O.
    Replication,
    /// Partitions.
    Partitions,
    /// Security.
    Security,
    /// Settings of the server.
    Settings,
}

impl Group {
    /// Every group, in the order of reports.
    pub const ALL: [Self; 13] = [
        Self::Contract,
        Self::History,
        Self::Constraints,
        Self::Sequences,
        Self::Indexes,
        Self::Vectors,
        Self::Design,
        Self::Vacuum,
        Self::Activity,
        Self::Replication,
        Self::Partitions,
        Self::Security,
        Self::Settings,
    ];

    /// What people read.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Contract => "Contract",
            Self::History => "Migration history",
            Self::Constraints => "Constraints",
            Self::Sequences => "Sequences and keys",
            Self::Indexes => "Indexes",
            Self::Vectors => "Vectors and documents",
            Self::Design => "Table design",
            Self::Vacuum => "Vacuum and statistics",
            Self::Activity => "Activity and locks",
            Self::Replication => "Replication, WAL and I/O",
            Self::Partitions => "Partitions",
            Self::Security => "Security",
            Self::Settings => "Server settings",
        }
    }

    /// The word on the command line: `--only indexes`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::History => "history",
            Self::Constraints => "constraints",
            Self::Sequences => "sequences",
            Self::Indexes => "indexes",
            Self::Vectors => "vectors",
            Self::Design => "design",
            Self::Vacuum => "vacuum",
            Self::Activity => "activity",
            Self::Replication => "replication",
            Self::Partitions => "partitions",
            Self::Security => "security",
            Self::Settings => "settings",
        }
    }
}

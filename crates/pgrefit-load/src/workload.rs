//! A workload: the statements of an application, how often each comes, with which values, and how long it may take.

mod nearest;
mod read;
mod vetting;
mod written;

use std::io;
use std::time::Duration;

use serde::Serialize;

use crate::{Error, Params};

/// A weighted mix of statements.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// What reports call it.
    pub name: String,
    /// At least one; their names differ.
    pub statements: Vec<LoadStatement>,
}

/// One statement. It is a transaction of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadStatement {
    /// What reports call it.
    pub name: String,
    /// A single command, with `$1`, `$2`, … for its values.
    pub sql: String,
    /// Where the values come from.
    pub params: Params,
    /// How often it comes, against the weights of the others; with 0 it is not part of the mix, and only looked at on its own.
    pub weight: u32,
    /// How long 95 of 100 may take at most.
    pub budget: Duration,
    /// Whether it writes; then it is refused where a load is read-only.
    pub writes: bool,
    /// Whether its rows come in binary form, as drivers ask for them, instead of as text, as `psql` and `pgbench` do.
    pub results: Results,
}

/// In which form rows come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Results {
    /// As text; every type has it.
    #[default]
    Text,
    /// As the type's `send` function makes it; a few types have none.
    Binary,
}

impl Workload {
    /// The budget of a statement that names none: the goal "every query under two seconds".
    pub const BUDGET_DEFAULT: Duration = Duration::from_secs(2);

    /// Reads a workload file (TOML). `read_file` gives the text of a file that it names, by the path as it stands there: the
    /// caller resolves it against the place of the workload.
    ///
    /// ```toml
    /// name = "documents"
    /// results = "binary"                          # "text" if not given
    ///
    /// [[statements]]
    /// name = "by-id"
    /// sql = "SELECT * FROM documents WHERE id = $1"   # or file = "by-id.sql"
    /// weight = 20                                 # 1 if not given
    /// budget = "20ms"                             # of p95; 2s if not given
    /// from = "SELECT id::text FROM documents LIMIT 1000"  # a column for each parameter …
    ///
    /// [[statements]]
    /// name = "touch"
    /// sql = "UPDATE documents SET updated_at = now() WHERE n = $1 AND source_name = $2"
    /// writes = true
    /// params = [{ zipf = [1, 1000], exponent = 1.1 }, { values = ["serde", "tokio"] }]   # … or a source for each …
    /// # rows = [["1", "serde"], ["2", "tokio"]]   # … or lists of values
    /// ```
    ///
    /// The sources of a parameter are `values = […]`, `query = "SELECT …"`, `integer = [min, max]`,
    /// `zipf = [min, max]` with `exponent`, `uuid = 4`, `text = [min, max]` and `serial = first`.
    ///
    /// # Errors
    /// [`Error::Workload`] with the line, and the nearest known key for an unknown one; [`Error::File`].
    pub fn parse(text: &str, read_file: &dyn Fn(&str) -> io::Result<String>) -> Result<Self, Error> {
        read::read(text, read_file)
    }

    /// The Doc Server's query paths, as they are shipped in `workloads/docserver.toml`.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn docserver() -> Result<Self, Error> {
        let none = |path: &str| Err(io::Error::new(io::ErrorKind::NotFound, path.to_owned()));
        Self::parse(include_str!("../workloads/docserver.toml"), &none)
    }

    /// The same for the migrated schema, with other queries where those count, list or search whole tables; as they are shipped in
    /// `workloads/docserver-migrated.toml`.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn docserver_migrated() -> Result<Self, Error> {
        let none = |path: &str| Err(io::Error::new(io::ErrorKind::NotFound, path.to_owned()));
        Self::parse(include_str!("../workloads/docserver-migrated.toml"), &none)
    }

    /// The statement of this name.
    #[must_use]
    pub fn statement(&self, name: &str) -> Option<&LoadStatement> {
        self.statements.iter().find(|statement| statement.name == name)
    }

    /// Looks for what makes no sense in a workload that was put together by a program; what [`Self::parse`] returns passes.
    ///
    /// # Errors
    /// [`Error::Workload`]: no statement, two of the same name, an empty text, a command that cannot be a transaction of its own
    /// (`BEGIN`, `COPY`, …), sources that have no value, weights that are all zero.
    pub fn check(&self) -> Result<(), Error> {
        vetting::check(self)
    }
}

impl LoadStatement {
    /// A statement without parameters, of weight 1 and the usual budget, that only reads.
    #[must_use]
    pub fn new(name: &str, sql: &str) -> Self {
        Self {
            name: name.to_owned(),
            sql: sql.to_owned(),
            params: Params::Each(Vec::new()),
            weight: 1,
            budget: Workload::BUDGET_DEFAULT,
            writes: false,
            results: Results::Text,
        }
    }
}

//! Workloads as they are named on a command line: a file, the `[[queries]]` of the configuration, or the one that is shipped.

use std::path::{Path, PathBuf};

use clap::Args;
use pgrefit_bench::Query;
use pgrefit_load::{LoadStatement, Params, Workload};

use crate::config::Config;
use crate::{Exit, Failed};

/// The names of the workloads that are shipped.
const SHIPPED: &str = "docserver";
const SHIPPED_MIGRATED: &str = "docserver-migrated";

/// Which statements.
#[derive(Debug, Clone, Args)]
pub(crate) struct Which {
    /// A workload file, or `docserver` or `docserver-migrated`, which are shipped [default: the [[queries]] of the configuration].
    #[arg(value_name = "WORKLOAD")]
    workload: Option<PathBuf>,
}

impl Which {
    /// The workload of a command that has read its name by itself.
    pub(crate) fn of(workload: Option<PathBuf>) -> Self {
        Self { workload }
    }

    /// Reads it. Nothing is asked of a database yet.
    pub(crate) fn read(&self, config: &Config) -> Result<Workload, Failed> {
        match &self.workload {
            None => of_queries(config.queries()),
            Some(path) if path.as_os_str() == SHIPPED && !path.exists() => Ok(Workload::docserver()?),
            Some(path) if path.as_os_str() == SHIPPED_MIGRATED && !path.exists() => {
                Ok(Workload::docserver_migrated()?)
            }
            Some(path) => of_file(path),
        }
    }
}

/// Files that it names are looked for beside it.
fn of_file(path: &Path) -> Result<Workload, Failed> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failed::new(Exit::Usage, format!("failed to read the workload {}: {error}", path.display()))
    })?;
    let beside = |name: &str| std::fs::read_to_string(path.parent().unwrap_or(Path::new(".")).join(name));
    Workload::parse(&text, &beside)
        .map_err(|error| Failed::from(error).within(&format!("failed to use {}", path.display())))
}

/// The application's queries, each with its weight and its lists of values.
fn of_queries(queries: &[Query]) -> Result<Workload, Failed> {
    if queries.is_empty() {
        return Err(Failed::new(
            Exit::Usage,
            "failed to find statements: the configuration has no [[queries]]",
        )
        .hint("name a workload file, or `docserver`"));
    }
    let statement = |query: &Query| LoadStatement {
        params: if query.args.is_empty() {
            Params::Each(Vec::new())
        } else {
            Params::Rows(query.args.clone())
        },
        weight: query.weight,
        budget: query.budget,
        ..LoadStatement::new(&query.name, &query.sql)
    };
    let workload =
        Workload { name: "queries".to_owned(), statements: queries.iter().map(statement).collect() };
    workload.check()?;
    Ok(workload)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn queries_become_a_workload_or_are_refused() {
        let query = Query::new("by-id", "SELECT $1::int", Duration::from_millis(20)).with(&["7"]).weight(3);
        let check = |queries: &[Query], expected: &str| {
            let found = match of_queries(queries) {
                Ok(workload) => format!("{:?}", workload.statements[0]),
                Err(failed) => failed.line(),
            };
            assert!(found.contains(expected), "{found}");
        };
        check(std::slice::from_ref(&query), "weight: 3, budget: 20ms");
        check(&[query], "Rows([[Some(\"7\")]])");
        check(&[], "no [[queries]]");
        check(&[Query::new("a", " ", Duration::from_secs(1))], "a");
    }
}

//! Where the workload comes from: a file, or the `[[queries]]` of the configuration.

use std::path::{Path, PathBuf};

use pgrefit_bench::Query;
use pgrefit_load::{LoadStatement, Params, Workload};

use super::failing;
use crate::config::Config;
use crate::context::shown;
use crate::{Exit, Failed};

/// The workload of a file, or of the configuration if none is named and `queries` says so.
pub(super) fn workload(config: &Config, file: Option<&Path>, queries: bool) -> Result<Workload, Failed> {
    match (file, queries) {
        (Some(file), false) => read(file),
        (None, true) => configured(config),
        (Some(_), true) => {
            Err(Failed::new(Exit::Usage, "failed to choose a workload: a file and --queries were given"))
        }
        (None, false) => Err(Failed::new(Exit::Usage, "failed to find a workload: none was named")
            .hint("name a workload file, or give --queries for the [[queries]] of pgrefit.toml")),
    }
}

/// Files that the workload names are beside it.
fn read(path: &Path) -> Result<Workload, Failed> {
    let folder = path.parent().map(PathBuf::from).unwrap_or_default();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failed::new(Exit::Usage, format!("failed to read the workload {}: {error}", shown(path)))
    })?;
    Workload::parse(&text, &|name| std::fs::read_to_string(folder.join(name)))
        .map_err(|error| failing::load(error).within(&format!("failed to read {}", shown(path))))
}

fn configured(config: &Config) -> Result<Workload, Failed> {
    let statements: Vec<LoadStatement> = config.queries().iter().map(statement).collect();
    if statements.is_empty() {
        return Err(Failed::new(Exit::Usage, "failed to find a query: the configuration has no [[queries]]")
            .hint("a query has name, sql, budget such as \"200ms\" and, for $1, $2, …, args: a list of lists of texts"));
    }
    let workload = Workload { name: "queries".to_owned(), statements };
    workload.check().map_err(failing::load)?;
    Ok(workload)
}

fn statement(query: &Query) -> LoadStatement {
    let params =
        if query.args.is_empty() { Params::Each(Vec::new()) } else { Params::Rows(query.args.clone()) };
    LoadStatement {
        params,
        weight: query.weight,
        budget: query.budget,
        ..LoadStatement::new(&query.name, &query.sql)
    }
}

//! `pgrefit snapshot`: the schema of a database with the size and use of its tables, as a file.

use std::path::{Path, PathBuf};

use clap::Args;
use pgrefit_pg::Connector;
use pgrefit_pg::introspect::{Scope, snapshot};
use pgrefit_report::{Fact, Finding, Outcome, Report, Status, counted};

use crate::context::{shown, target};
use crate::output::write_beside;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Reads the catalogs and the statistics as of one moment; writes nothing to the database, and needs no
privilege on its objects. Takes ACCESS SHARE on catalogs, and where the server prints the definition of an
index, a constraint, a default or a view, on its table too, as any SELECT does; those of views are kept
until it ends. A table that somebody has locked ACCESS EXCLUSIVE is not waited for: the exit code is 75.
There are no rows in it, but names, definitions, sizes and rates. A definition may hold a value, such as
that of a DEFAULT.

Examples:
  pgrefit snapshot --output production.json    where the database can be reached, for use where it cannot
  pgrefit snapshot | jq '.usage[\"public.documents\"]'
  pgrefit snapshot | jq -r '.blind[]'          what could not be seen";

/// Write the schema, with the size and use of each table, as JSON.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Snapshot {
    /// The file to write, beside its name first [default: standard output, whatever --format says].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Snapshot {
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let connector = context.connector(&context.config(&[])?)?;
        let mut session = connector.read_only().await?;
        let taken = snapshot(&mut session, &Scope::everything())
            .await
            .map_err(|error| Failed::from(error).within("failed to read the schema of the database"))?;
        let json = taken.to_json();
        let Some(path) = self.output else {
            for blind in &taken.blind {
                tracing::warn!(target: "pgrefit", "{blind}");
            }
            return Ok(Output::Plain(json));
        };
        write_beside(&path, &json).map_err(|error| {
            Failed::new(Exit::Usage, format!("failed to write {}: {error}", path.display()))
        })?;
        let num = taken.server_version_num;
        let version = format!("{}.{}", num / 10_000, num % 10_000);
        let report = report(context, &connector, &path, version, taken.catalog.tables.len(), &taken.blind);
        Ok(Output::Report(Exit::Done, Box::new(report)))
    }
}

fn report(
    context: &Context,
    connector: &Connector,
    path: &Path,
    version: String,
    tables: usize,
    blind: &[String],
) -> Report {
    let status = if blind.is_empty() { Status::Pass } else { Status::Warn };
    let summary = format!("{} written to {}", counted(tables, "table"), path.display());
    let mut report = context.report(Outcome::new(Exit::Done.code(), status, summary));
    report.target = Some(target(connector, Some(version)));
    report.facts = vec![Fact::new("tables", "tables", tables), Fact::new("output", "output", shown(path))];
    let finding = |text: &String| Finding::new("snapshot", Status::Warn, text.as_str());
    report.findings = blind.iter().map(finding).collect();
    report
}

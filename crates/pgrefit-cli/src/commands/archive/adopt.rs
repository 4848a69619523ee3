//! `pgrefit archive adopt`: archives that only the store knows come back into the ledger.

use clap::Args;
use pgrefit_archive::{adopt, strays};
use pgrefit_report::{Cell, Column, Outcome, Status, Table, counted};

use crate::archives::Archives;
use crate::context::target;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
A database that was restored from an older backup, or made anew, does not know the archives that were made since. The store
does: beside each file lies a manifest. Adopting writes one row of the ledger; no file is changed, and nothing is restored.

Examples:
  pgrefit archive adopt                                  list the archives of this database that only the store knows
  pgrefit archive adopt app/public.events/…/….json       take one of them into the ledger
  pgrefit archive adopt --all                            take all of them";

/// Take archives that only the store knows into the ledger.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Adopt {
    /// Manifests, as the list names them [default: none; list them].
    #[arg(value_name = "MANIFEST")]
    manifests: Vec<String>,
    /// All that there are.
    #[arg(long, conflicts_with = "manifests")]
    all: bool,
}

impl Adopt {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let config = context.config(&[])?;
        let (archives, source) = (Archives::new(&config)?, context.connector(&config)?);
        let job = archives.job(context, &source, &|_| {});
        let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, ""));
        report.target = Some(target(&source, None));
        if self.manifests.is_empty() && !self.all {
            let found = strays(&job).await?;
            let known_there = counted(found.len(), "archive");
            report.outcome.summary = format!("{known_there} in {} that the ledger has not", archives.store);
            report.tables = vec![table(found.into_iter().map(|manifest| (manifest, None)))];
            return Ok(Output::Report(Exit::Done, Box::new(report)));
        }
        let wanted = if self.all { strays(&job).await? } else { self.manifests };
        let mut adopted = Vec::new();
        for manifest in wanted {
            let record = adopt(&job, &manifest).await?;
            adopted.push((manifest, Some(record.table().to_string())));
        }
        report.outcome.summary = format!("{} adopted", counted(adopted.len(), "archive"));
        report.tables = vec![table(adopted.into_iter())];
        Ok(Output::Report(Exit::Done, Box::new(report)))
    }
}

fn table(rows: impl Iterator<Item = (String, Option<String>)>) -> Table {
    let columns = [Column::text("manifest", "manifest"), Column::text("table", "table")];
    let mut table = Table::new("manifests", "Archives that only the store knows", columns);
    for (manifest, adopted) in rows {
        table.push([Cell::from(manifest), adopted.unwrap_or_default().into()]);
    }
    table
}

//! `pgrefit partition`: turns live tables into partitioned ones, makes partitions ahead, retires old ones.

mod convert;
mod files;
mod maintain;
mod plan;
mod status;

use clap::{Args, Subcommand};
use pgrefit_lifecycle::PartitionSet;

use crate::config::Config;
use crate::nearest::nearest;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Which tables, by what, how far ahead and for how long is in pgrefit.toml:

  [[partition]]
  table = \"events\"
  key = \"created_at\"
  interval = \"month\"
  ahead = 3
  keep = \"24 months\"
  then = \"archive\"

Examples:
  pgrefit partition plan                 what a conversion does, and what cannot be preserved; changes nothing
  pgrefit partition convert events       convert the live table: as migrations, with all the proofs of `migrate`
  pgrefit partition maintain             make partitions ahead, detach old ones; for cron or a CronJob
  pgrefit partition status               partitions, rows, how much is ahead, what is due";

/// Convert tables to partitioned ones, make partitions ahead, retire old ones.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct PartitionCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say what a conversion would do, and what it cannot preserve.
    Plan(plan::Plan),
    /// Convert a live table to a partitioned one.
    Convert(convert::Convert),
    /// Make partitions ahead of the clock, and retire what is older than its retention.
    Maintain(maintain::Maintain),
    /// Show how the partitioned tables are.
    Status(status::Status),
}

impl PartitionCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        match self.action {
            Action::Plan(plan) => plan.run(context).await,
            Action::Convert(convert) => Box::pin(convert.run(context)).await,
            Action::Maintain(maintain) => Box::pin(maintain.run(context)).await,
            Action::Status(status) => status.run(context).await,
        }
    }
}

/// Which of the configured sets; all of them, if none is named.
#[derive(Debug, Args)]
struct Tables {
    /// The tables, as the configuration names them [default: all].
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
}

impl Tables {
    fn sets(&self, config: &Config) -> Result<Vec<PartitionSet>, Failed> {
        let all = config.partitions();
        if all.is_empty() {
            return Err(Failed::new(
                Exit::Usage,
                "failed to find a table: the configuration has no [[partition]]",
            )
            .hint("`pgrefit partition --help` shows one"));
        }
        if self.tables.is_empty() {
            return Ok(all.to_vec());
        }
        self.tables.iter().map(|table| set(all, table)).collect()
    }
}

/// The set of a table by the name that it has in the configuration.
fn set(all: &[PartitionSet], table: &str) -> Result<PartitionSet, Failed> {
    if let Some(found) = all.iter().find(|set| set.table == table) {
        return Ok(found.clone());
    }
    let message = format!("failed to find the table {table}: the configuration has no [[partition]] for it");
    let known = all.iter().map(|set| set.table.as_str());
    Err(match nearest(table, known) {
        Some(nearest) => Failed::new(Exit::Usage, message).hint(format!("did you mean `{nearest}`?")),
        None => Failed::new(Exit::Usage, message).hint("name it as in the configuration"),
    })
}

//! `pgrefit config show`: every value and where it comes from.

use clap::{Args, Subcommand};
use pgrefit_report::{Column, Outcome, Status, Table};

use crate::{Context, Exit, Failed, Output};

/// Show the configuration and where each value comes from.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  PGREFIT_MIGRATIONS_LOCK_TIMEOUT=500ms pgrefit config show")]
pub(crate) struct ConfigCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show every key, its value and its origin.
    Show,
}

impl ConfigCommand {
    pub(crate) fn run(self, context: &Context) -> Result<Output, Failed> {
        let Action::Show = self.action;
        let config = context.config(&[])?;
        let columns =
            [Column::text("key", "key"), Column::text("value", "value"), Column::text("origin", "from")];
        let mut table = Table::new("config", "Configuration", columns);
        for (key, value, origin) in config.entries() {
            table.push([key.name.into(), value.to_string().into(), origin.to_string().into()]);
        }
        let summary = format!("{} keys; a flag wins over a variable wins over the file", table.rows.len());
        let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, summary));
        report.tables.push(table);
        Ok(Output::Report(Exit::Done, Box::new(report)))
    }
}

//! `pgrefit status`: every migration and where it stands.

use clap::Args;
use pgrefit_migrate::migrations_table;

use super::plan::{PlanOptions, planned_report};
use crate::setup::Setup;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Reads the history table and the files; writes nothing. Exits with 0 also when migrations are pending, with 12 when files
and history do not fit.

Examples:
  pgrefit status
  pgrefit status --format json | jq '.tables.migrations[] | select(.state == \"pending\")'";

/// Show every migration and whether it is applied.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Status {
    #[command(flatten)]
    options: PlanOptions,
}

impl Status {
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let setup = Setup::new(context, &self.options.flags())?;
        let job = setup.job(self.options.target);
        let planned = pgrefit_migrate::plan(&job).await?;
        let mut report = planned_report(context, &job, &planned);
        report.tables = vec![migrations_table(planned.plan())];
        let exit = if planned.plan().problems().next().is_some() { Exit::Diverged } else { Exit::Done };
        Ok(Output::Report(exit, Box::new(report)))
    }
}

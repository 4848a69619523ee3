//! `pgrefit partition convert`: the migrations of a conversion, written and run.

use clap::Args;
use pgrefit_lifecycle::PartitionSet;
use pgrefit_report::{Outcome, Status, counted};

use super::files::{self, Found};
use super::plan::{folder, plan, tell};
use super::{Tables, set};
use crate::commands::migrate::{Migrate, Proofs};
use crate::commands::new::next_version;
use crate::config::Config;
use crate::context::target;
use crate::progress::Progress;
use crate::setup::Folder;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
The conversion is written as migrations into the folder of migrations, and run as `pgrefit migrate` runs all of them: with a
verified backup and a rehearsal on a production database, waiting for gaps before strong locks, in batches where rows move.
Commit the files: other environments are converted by them. Interrupted or killed, run the same command again.

The table stays readable and writable. What is locked, and for how long: `pgrefit plan` after `--write-only`.

Examples:
  pgrefit partition convert events
  pgrefit partition convert events --write-only     write the migrations, for review; `pgrefit migrate` runs them";

/// Convert a live table to a partitioned one.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Convert {
    /// The table, as the configuration names it [default: the only one].
    table: Option<String>,
    /// Write the migrations and run nothing.
    #[arg(long)]
    write_only: bool,
    #[command(flatten)]
    folder: Folder,
    #[command(flatten)]
    proofs: Proofs,
}

impl Convert {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let config = context.config(&self.folder.flags())?;
        let set = self.set(&config)?;
        if let Some(output) = self.prepare(context, &config, &set).await? {
            return Ok(output);
        }
        Box::pin(Migrate::with(self.folder, self.proofs).run(context)).await
    }

    fn set(&self, config: &Config) -> Result<PartitionSet, Failed> {
        if let Some(table) = &self.table {
            return set(config.partitions(), table);
        }
        let sets = Tables { tables: Vec::new() }.sets(config)?;
        let [only] = &sets[..] else {
            let tables: Vec<&str> = sets.iter().map(|set| set.table.as_str()).collect();
            let message = format!("failed to choose a table among {}", tables.join(", "));
            return Err(Failed::new(Exit::Usage, message).hint("name it: `pgrefit partition convert TABLE`"));
        };
        Ok(only.clone())
    }

    /// Writes the migrations, unless they are there. With output there is nothing to be run.
    async fn prepare(
        &self,
        context: &Context,
        config: &Config,
        set: &PartitionSet,
    ) -> Result<Option<Output>, Failed> {
        let folder = folder(config);
        let files =
            if folder.is_dir() { Context::migrations(config).unwrap_or_default() } else { Vec::new() };
        match files::found(&files, &set.table) {
            Found::All(paths) if !self.write_only => {
                let progress = Progress::new(&context.global);
                progress.note(&format!(
                    "going on with the {} of the conversion",
                    counted(paths.len(), "migration")
                ));
                return Ok(None);
            }
            Found::All(paths) => {
                let summary = format!("{} are there already", counted(paths.len(), "migration"));
                let report = context.report(Outcome::new(Exit::Done.code(), Status::Info, summary));
                return Ok(Some(Output::Report(Exit::Done, Box::new(report))));
            }
            Found::Some(paths) => files::remove(&paths),
            Found::Nothing => {}
        }
        self.nothing_else_is_pending(context, config).await?;
        let connector = context.connector(config)?;
        let planned = plan(&connector, set, next_version(&folder)?).await?;
        let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, ""));
        report.target = Some(target(&connector, None));
        tell(&mut report, &planned);
        if planned.is_partitioned {
            report.outcome.summary = format!("{} is a partitioned table", planned.facts.name());
            return Ok(Some(Output::Report(Exit::Done, Box::new(report))));
        }
        if !planned.judgement.is_possible() {
            let message = format!(
                "failed to convert {}: {} in the way",
                planned.facts.name(),
                counted(planned.judgement.refusals.len(), "thing")
            );
            report.outcome = Outcome::new(Exit::Refused.code(), Status::Fail, "1 refusal");
            return Err(Failed::new(Exit::Refused, message)
                .hint("a loss is accepted by its name in `accept` of the [[partition]]")
                .with_report(report));
        }
        let paths = files::write(&folder, &set.table, &planned.drafts)?;
        let progress = Progress::new(&context.global);
        for path in &paths {
            progress.note(&format!("wrote {}", path.display()));
        }
        if !self.write_only {
            return Ok(None);
        }
        report.outcome.summary =
            format!("{} written; `pgrefit migrate` runs them", counted(paths.len(), "migration"));
        Ok(Some(Output::Report(Exit::Done, Box::new(report))))
    }

    /// The conversion is drafted from the schema as it is: what is pending would change it first.
    async fn nothing_else_is_pending(&self, context: &Context, config: &Config) -> Result<(), Failed> {
        if !folder(config).is_dir() {
            return Ok(());
        }
        let setup = crate::setup::Setup::of(context, config.clone())?;
        let job = setup.job(None);
        let planned = pgrefit_migrate::plan(&job).await?;
        planned.refuse_unfit()?;
        let pending: Vec<&str> = planned.plan().pending().map(|entry| entry.title.as_str()).collect();
        if pending.is_empty() {
            return Ok(());
        }
        let message =
            format!("failed to draft the conversion: {} pending", counted(pending.len(), "migration"));
        Err(Failed::new(Exit::Refused, message)
            .hint(format!("apply {} first: `pgrefit migrate`", pending.join(", "))))
    }
}

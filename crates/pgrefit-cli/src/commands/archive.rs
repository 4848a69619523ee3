//! `pgrefit archive`: takes partitions out of the database as files that were proven to be restorable, and brings them back.

mod adopt;
mod list;
mod run;

use clap::{Args, Subcommand};
use pgrefit_archive::{Event, Placement, query, records, restore, verify};
use pgrefit_catalog::Name;
use pgrefit_report::{Cell, Fact, Outcome, Status, human_bytes};

use run::Run;
pub(super) use run::{archive_each, table as archived_table};

use crate::archives::{Archives, Trial};
use crate::context::target;
use crate::progress::Progress;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
An archive is one Parquet file with a manifest, in a folder or a bucket (`archive.store`). A table is dropped only after its
file was read back, restored on another server, and compared by digest; after it was read back from the store; and after the
rows in the database were counted and digested once more, in the transaction that drops it. Killed anywhere, the same
command goes on.

Examples:
  pgrefit archive run events_p2024_01           detach, export, prove, store, drop
  pgrefit archive run events_p2024_01 --keep    the same, and leave the table where it is, detached
  pgrefit archive ls                            what there is, and whether the store still has it
  pgrefit archive verify events_p2024_01        read it from the store again
  pgrefit archive restore events_p2024_01       bring it back, attached
  pgrefit archive adopt                         archives that only the store knows, after a restore
  pgrefit archive query events_p2024_01         the statement by which DuckDB reads it where it lies";

/// Take partitions out of the database as files that are proven to be restorable, and bring them back.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ArchiveCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Archive a partition, or a table, and drop it.
    Run(Run),
    /// List the archives, the latest first.
    Ls,
    /// Read an archive from the store again, and try it on a server.
    Verify(Verify),
    /// Bring an archive back into the database.
    Restore(Restore),
    /// Take archives that only the store knows into the ledger, of a database restored from an older backup.
    Adopt(adopt::Adopt),
    /// Print the statement by which `DuckDB` reads an archive where it lies.
    Query {
        /// The table, or the name of the archive.
        archive: String,
    },
}

#[derive(Debug, Args)]
struct Verify {
    /// The table, or the name of the archive.
    archive: String,
    /// Read the file only; restore it nowhere.
    #[arg(long)]
    files_only: bool,
    /// A server to try it on, in place of a scratch server: as a role that may create databases there.
    #[arg(long, value_name = "URL", env = "PGREFIT_STAGING_URL", hide_env_values = true)]
    staging_url: Option<String>,
}

#[derive(Debug, Args)]
struct Restore {
    /// The table, or the name of the archive.
    archive: String,
    /// As a table of its own; not as a partition again.
    #[arg(long)]
    alone: bool,
}

impl ArchiveCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        match self.action {
            Action::Run(run) => Box::pin(run.run(context)).await,
            Action::Ls => list::run(context).await,
            Action::Verify(verify) => Box::pin(verify.run(context)).await,
            Action::Restore(restore) => Box::pin(restore.run(context)).await,
            Action::Adopt(adopt) => adopt.run(context).await,
            Action::Query { archive } => print_query(context, &archive).await,
        }
    }
}

impl Verify {
    async fn run(self, context: &Context) -> Result<Output, Failed> {
        let config = context.config(&[])?;
        let (archives, source) = (Archives::new(&config)?, context.connector(&config)?);
        let trial = if self.files_only {
            None
        } else {
            Some(Trial::start(context, &config, &source, self.staging_url.as_deref()).await?)
        };
        let progress = Progress::new(&context.global);
        let on_event = |event: Event| tell(&progress, &event);
        let job = archives.job(context, &source, &on_event);
        let archive = named(&self.archive);
        let verified = verify(&job, &archive, trial.as_ref().map(|trial| &trial.connector)).await?;
        drop(progress);
        let where_ = if verified.on_server { "in the store and on a server" } else { "in the store" };
        let summary = format!("{} rows are as they were exported, {where_}", verified.rows);
        let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, summary));
        report.target = Some(target(&source, None));
        report.facts = vec![
            Fact::new("archive", "archive", verified.record.id.clone()),
            Fact::new("table", "table", verified.record.table().to_string()),
            Fact::new("rows", "rows", verified.rows),
            Fact::new("file_bytes", "file", Cell::Bytes(verified.bytes)),
        ];
        Ok(Output::Report(Exit::Done, Box::new(report)))
    }
}

impl Restore {
    async fn run(self, context: &Context) -> Result<Output, Failed> {
        let config = context.config(&[])?;
        let (archives, source) = (Archives::new(&config)?, context.connector(&config)?);
        let progress = Progress::new(&context.global);
        let on_event = |event: Event| tell(&progress, &event);
        let job = archives.job(context, &source, &on_event);
        let placement = if self.alone { Placement::Alone } else { Placement::AsBefore };
        let restored = restore(&job, &named(&self.archive), placement).await?;
        drop(progress);
        let how = if restored.attached { "attached" } else { "as a table of its own" };
        let summary = format!("{} is back with {} rows, {how}", restored.record.table(), restored.rows);
        let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, summary));
        report.target = Some(target(&source, None));
        report.facts = vec![
            Fact::new("archive", "archive", restored.record.id.clone()),
            Fact::new("rows", "rows", restored.rows),
        ];
        Ok(Output::Report(Exit::Done, Box::new(report)))
    }
}

async fn print_query(context: &Context, archive: &str) -> Result<Output, Failed> {
    let config = context.config(&[])?;
    let (archives, source) = (Archives::new(&config)?, context.connector(&config)?);
    let meant = named(archive);
    let all = records(&source, config.text("migrations.history_table")).await?;
    let is_meant = |it: &&pgrefit_archive::Record| it.id == meant || it.table().to_string() == meant;
    let record =
        all.iter().find(is_meant).ok_or(pgrefit_archive::Error::NoArchive { what: meant.clone() })?;
    Ok(Output::Plain(format!("{}\n", query(record, &archives.store)?.duckdb)))
}

/// A table without its schema is one of `public`; anything else is the name of an archive, or is qualified.
fn named(text: &str) -> String {
    if text.parse::<Name>().is_ok() || text.contains('-') {
        return text.to_owned();
    }
    format!("public.{text}").parse::<Name>().map_or_else(|_| text.to_owned(), |name| name.to_string())
}

fn tell(progress: &Progress, event: &Event) {
    match event {
        Event::Resumes { table, state } => progress.note(&format!("going on with {table}, which is {state}")),
        Event::Reached { table, state } => progress.note(&format!("{table}: {state}")),
        Event::Rows { rows, bytes } => progress.say(&format!("{rows} rows, {}", human_bytes(*bytes))),
        Event::Waits { lock, tries, pause } => progress
            .note(&format!("{lock} was not granted ({tries}); trying again in {} ms", pause.as_millis())),
        Event::Changed { table, exported_rows, rows } => progress.note(&format!(
            "{table} has changed since its export ({exported_rows} rows, now {rows}): it is exported again"
        )),
        Event::Locked { exclusive, .. } => {
            progress.note(&format!("everybody was kept out for {} ms", exclusive.as_millis()));
        }
        Event::Removed(path) => tracing::debug!(target: "pgrefit", "removed {}", path.display()),
        Event::Note(text) => progress.note(text),
        _ => {}
    }
}

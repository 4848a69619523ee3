//! `pgrefit tune indexes`: indexes that pay, built and measured on a copy of the database, and written as migration files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use pgrefit_backup::Restored;
use pgrefit_bench::Query;
use pgrefit_pg::Connector;
use pgrefit_report::{Fact, Finding, Status};
use pgrefit_tune::indexes::{
    Event, Found, Options, Statement, WritableCopy, find, migrations, report, settle, traffic,
};

use crate::backups::{self, Backups};
use crate::commands::new::next_version;
use crate::config::Config;
use crate::context::{shown, target};
use crate::output::write_beside;
use crate::progress::Progress;
use crate::setup::Folder;
use crate::span::duration;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
The statements are the [[queries]] of the configuration, and what pg_stat_statements of the live database has seen. Candidates are
built for real on a copy: the newest backup, restored on a scratch server; or a database of another server that you name. The
live database is only read. Indexes that pay are written as migration files with --write-migrations, for `pgrefit migrate`.

Examples:
  pgrefit tune indexes                                   on the newest backup, restored on a scratch server
  pgrefit tune indexes --backup pgrefit/backups/FOLDER
  pgrefit tune indexes --copy postgres://staging/app     on a copy that is there already; another server than the live one
  pgrefit tune indexes --write-migrations                write the files that build them";

/// Find indexes that pay, on a copy of the database.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Indexes {
    /// The folder of the backup that is restored for a copy [default: the newest one of the database].
    #[arg(long, value_name = "FOLDER")]
    backup: Option<PathBuf>,
    /// A copy that is there already, on another server than the live one. Indexes are built in it, and dropped again.
    #[arg(
        long,
        value_name = "URL",
        env = "PGREFIT_COPY_URL",
        hide_env_values = true,
        conflicts_with = "backup"
    )]
    copy: Option<String>,
    /// How many statements of `pg_stat_statements` are looked at, those with most time in all first; 0 is none.
    #[arg(long, value_name = "N", default_value_t = 50)]
    top: usize,
    /// How long the search may take.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "1h")]
    time_max: Duration,
    /// Write the migration files into the folder of migrations.
    #[arg(long)]
    write_migrations: bool,
    #[command(flatten)]
    folder: Folder,
}

impl Indexes {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let config = context.config(&self.folder.flags())?;
        let live = context.connector(&config)?;
        let progress = Progress::new(&context.global);
        let (statements, unseen) = self.statements(&config, &live).await?;
        let copy = self.copy(context, &config, &live, &progress).await?;
        let options = Options { time_limit: self.time_max, ..Options::default() };
        let mut on_event = |event: Event| show(&progress, &event);
        let mut found = find(&copy.writable, &statements, &options, &context.stop, &mut on_event).await?;
        drop(copy.restored);
        // Names and partitions are those of now, not those of the backup.
        let settled = settle(&live, &mut found).await;
        let is_settled = settled.is_ok();
        let written = if self.write_migrations && is_settled { write(&config, &found)? } else { Vec::new() };
        drop(progress);
        let mut told = report(&found, env!("CARGO_PKG_VERSION"), &context.started_at());
        context.command.clone_into(&mut told.command);
        told.target = Some(target(&live, None));
        told.findings.extend(unseen);
        told.facts.extend(written.iter().map(|path| Fact::new("file", "file", shown(path))));
        match settled.map_err(Failed::from) {
            Err(failed) if self.write_migrations => return Err(failed.with_report(told)),
            Err(failed) => told.findings.push(unsettled(&failed)),
            Ok(()) => {}
        }
        Ok(Output::Report(Exit::of(told.outcome.exit_code), Box::new(told)))
    }

    /// Those of the configuration, and those that the server has seen. That it has seen none is told, and no failure, if the
    /// configuration has some.
    async fn statements(
        &self,
        config: &Config,
        live: &Connector,
    ) -> Result<(Vec<Statement>, Option<Finding>), Failed> {
        let mut all: Vec<Statement> = config.queries().iter().map(given).collect();
        if self.top == 0 {
            return Ok((all, None));
        }
        match traffic(live, self.top).await {
            Ok(seen) => {
                all.extend(seen.statements);
                Ok((all, None))
            }
            Err(error) if all.is_empty() => Err(error.into()),
            Err(error) => {
                let failed = Failed::from(error);
                let message =
                    format!("statements that the server has seen are not among these: {}", failed.line());
                let finding = Finding::new("traffic-unseen", Status::Warn, message);
                Ok((
                    all,
                    Some(match failed.failure.hint {
                        Some(hint) => finding.hint(hint),
                        None => finding,
                    }),
                ))
            }
        }
    }

    async fn copy(
        &self,
        context: &Context,
        config: &Config,
        live: &Connector,
        progress: &Progress,
    ) -> Result<Copy, Failed> {
        if let Some(url) = self.copy.as_deref().filter(|url| !url.trim().is_empty()) {
            let connector = backups::staging(context, config, url)?;
            return Ok(Copy { writable: WritableCopy::beside(live, connector).await?, restored: None });
        }
        let backups = Backups::new(config)?;
        let folder = match &self.backup {
            Some(folder) => folder.clone(),
            None => backups.newest(live.settings().database())?,
        };
        let on_event = |event: pgrefit_backup::Event| progress.backup(&event);
        let restored = backups.restored(&folder, None, &context.stop, &on_event).await?;
        let sessions = restored.as_superuser().clone();
        let writable = match restored.server() {
            Some(server) => WritableCopy::restored(server, sessions),
            None => WritableCopy::beside(live, sessions).await?,
        };
        Ok(Copy { writable, restored: Some(restored) })
    }
}

/// A copy, and what keeps it alive.
struct Copy {
    writable: WritableCopy,
    restored: Option<Restored>,
}

/// That the statements of the report are for the tables of the copy.
fn unsettled(failed: &Failed) -> Finding {
    let message = format!("names and partitions are those of the copy: {}", failed.line());
    Finding::new("live-unseen", Status::Warn, message).hint("look at them before the statements are run")
}

fn given(query: &Query) -> Statement {
    Statement::given(&query.name, &query.sql)
        .with_args(query.args.clone())
        .with_weight(f64::from(query.weight))
        .with_budget(query.budget)
}

/// The files, behind the last migration; none is overwritten.
fn write(config: &Config, found: &Found) -> Result<Vec<PathBuf>, Failed> {
    let folder = Context::migrations_folder(config).unwrap_or_else(|| PathBuf::from("migrations"));
    let version = u32::try_from(next_version(&folder)?).map_err(|_| {
        Failed::new(Exit::Usage, "failed to number the migrations: the last version is a timestamp")
            .hint("copy the statements of the report into a file that `pgrefit new --timestamp` makes")
    })?;
    migrations(found, version).iter().map(|file| create(&folder, &file.name, &file.text)).collect()
}

fn create(folder: &Path, name: &str, text: &str) -> Result<PathBuf, Failed> {
    let path = folder.join(name);
    let failed = |error: std::io::Error| {
        Failed::new(Exit::Usage, format!("failed to write {}: {error}", path.display()))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    write_beside(&path, text).map_err(failed)?;
    Ok(path)
}

fn show(progress: &Progress, event: &Event) {
    match event {
        Event::Preparing => progress.say("vacuuming and analyzing the copy"),
        Event::Measuring { statement } => progress.say(&format!("measuring {statement}")),
        Event::Building { number, count, definition } => {
            progress.say(&format!("building {number} of {count}: {definition}"));
        }
        Event::Chosen { name, saves_ms } => progress.note(&format!("{name} pays: it saves {saves_ms:.1} ms")),
        Event::Comparing => progress.say("measuring without and with what is kept"),
    }
}

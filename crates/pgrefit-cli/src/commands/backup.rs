//! `pgrefit backup`: takes backups, verifies them by restoring, lists, restores and removes them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use pgrefit_backup::{Event, Listed, Manifest, left_behind, list, reverify, sweep, take};
use pgrefit_migrate::{Job, back_up, standing};
use pgrefit_pg::Connector;
use pgrefit_rehearse::{CopyMarker, write_marker};
use pgrefit_report::{Cell, Column, Fact, Finding, Outcome, Report, Status, Table, counted, human_bytes};

use crate::backups::{self, Backups};
use crate::context::{shown, target};
use crate::output::write_beside;
use crate::progress::Progress;
use crate::setup::Setup;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
A backup is a folder with a manifest: which database, which moment, every file with its SHA-256. `take` restores it
on a scratch server and compares every table, row by row, with the source in the same snapshot. ACCESS SHARE is held
on every table while the tool reads, as by any dump; nothing is written to the database.

Examples:
  pgrefit backup take                          take a backup, restore it, compare it; then remove the oldest
  pgrefit backup list                          what there is, the newest last
  pgrefit backup verify FOLDER                 hash its files again, and restore it once more
  pgrefit backup restore FOLDER --to URL       restore it into an empty database: the emergency rollback
  pgrefit backup prune --dry-run               list what would be removed
  pgrefit backup prune                         remove all but the last ones; the last verified one always stays";

/// Take, verify, list, restore and remove backups.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct BackupCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Take a backup, restore it and compare it with the database.
    Take(Take),
    /// List the backups, the newest last.
    List {
        /// Print the folder of the newest verified one, and nothing else.
        #[arg(long)]
        latest: bool,
    },
    /// Hash the files of a backup again, and restore it on a scratch server.
    Verify {
        /// The folder of the backup.
        folder: PathBuf,
        /// Hash only; restore nothing.
        #[arg(long)]
        files_only: bool,
    },
    /// Restore a backup into an empty database.
    Restore {
        /// The folder of the backup.
        folder: PathBuf,
        /// The empty database, as a URL; it must exist.
        #[arg(long, value_name = "URL", env = "PGREFIT_RESTORE_URL", hide_env_values = true)]
        to: String,
    },
    /// Remove what is too old, and what killed runs have left.
    Prune {
        /// List what would be removed, and remove nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Args)]
struct Take {
    /// Neither restore nor compare it: it is a backup that nobody has read.
    #[arg(long)]
    unverified: bool,
    /// The file of its proof, for `pgrefit migrate --proof`.
    #[arg(long, value_name = "FILE", conflicts_with = "unverified")]
    proof: Option<PathBuf>,
    /// A server to restore it on, in place of a scratch server: as a role that may create databases there.
    #[arg(long, value_name = "URL", env = "PGREFIT_STAGING_URL", hide_env_values = true)]
    staging_url: Option<String>,
}

impl BackupCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        match self.action {
            Action::Take(take) => Box::pin(take.run(context)).await,
            Action::List { latest } => listed(context, latest),
            Action::Verify { folder, files_only } => Box::pin(verify(context, &folder, files_only)).await,
            Action::Restore { folder, to } => Box::pin(restore(context, &folder, &to)).await,
            Action::Prune { dry_run } => prune(context, dry_run),
        }
    }
}

impl Take {
    async fn run(self, context: &Context) -> Result<Output, Failed> {
        let setup = Setup::new(context, &[])?;
        let job = setup.job(None);
        let backups = Backups::new(&setup.config)?;
        let progress = Progress::new(&context.global);
        let on_event = |event: Event| progress.backup(&event);
        let request = backups.request(job.connector, job.stop, &on_event);
        if self.unverified {
            let taken = take(&request).await?;
            drop(progress);
            let summary = format!("{} taken, and not verified", human_bytes(taken.manifest.bytes));
            return Ok(told(context, &job, Status::Warn, summary, &taken.dir, &taken.manifest, Vec::new()));
        }
        let staging = self.staging_url.as_deref().filter(|url| !url.trim().is_empty());
        let staging = staging.map(|url| backups::staging(context, &setup.config, url)).transpose()?;
        let options = backups.verifying(staging.as_ref())?;
        let planned = pgrefit_migrate::plan(&job).await?;
        let now = standing(&job, &planned).await?;
        let (backup, verified) = Box::pin(back_up(&request, &options, &now, &Context::now())).await?;
        if let Some(path) = &self.proof {
            write_beside(path, &backup.proof().to_json()).map_err(|error| {
                Failed::new(Exit::Usage, format!("failed to write {}: {error}", path.display()))
            })?;
        }
        for removed in backups.prune(&verified.manifest().source)? {
            progress.note(&format!("removed the old backup {}", removed.display()));
        }
        drop(progress);
        let (rows, tables) = verified.verification().equal_rows();
        let summary = format!("{}: {rows} rows of {} equal", verified.strength(), counted(tables, "table"));
        let timings = verified.timings();
        let ms = |duration: std::time::Duration| {
            Cell::DurationMs(u64::try_from(duration.as_millis()).unwrap_or(0))
        };
        let facts = vec![
            Fact::new("take_ms", "taken in", ms(timings.take)),
            Fact::new("restore_ms", "restored in", ms(timings.restore)),
            Fact::new("digest_ms", "source digested in", ms(timings.digest_source)),
            Fact::new("compare_ms", "copy digested in", ms(timings.digest_copy)),
        ];
        Ok(told(context, &job, Status::Pass, summary, verified.dir(), verified.manifest(), facts))
    }
}

fn told(
    context: &Context,
    job: &Job<'_>,
    status: Status,
    summary: String,
    folder: &Path,
    manifest: &Manifest,
    facts: Vec<Fact>,
) -> Output {
    let mut report = context.report(Outcome::new(Exit::Done.code(), status, summary));
    report.target = Some(target(job.connector, None));
    report.facts = vec![
        Fact::new("folder", "folder", shown(folder)),
        Fact::new("tool", "by", manifest.tool.clone()),
        Fact::new("taken_at", "as of", Cell::Timestamp(manifest.taken_at.clone())),
        Fact::new("size_bytes", "size", Cell::Bytes(manifest.bytes)),
        Fact::new("files", "files", manifest.files.len()),
    ];
    report.facts.extend(facts);
    Output::Report(Exit::Done, Box::new(report))
}

fn listed(context: &Context, latest: bool) -> Result<Output, Failed> {
    let config = context.config(&[])?;
    let backups = Backups::new(&config)?;
    let all = list(&backups.dir)?;
    if latest {
        let newest = all.iter().rfind(|listed| listed.manifest.verification().is_some());
        return match newest {
            Some(listed) => Ok(Output::Plain(format!("{}\n", listed.dir.display()))),
            None => {
                Err(Failed::new(Exit::Backup, format!("no verified backup in {}", backups.dir.display()))
                    .hint("`pgrefit backup take` makes one"))
            }
        };
    }
    let summary = format!("{} in {}", counted(all.len(), "backup"), backups.dir.display());
    let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Info, summary));
    report.tables = vec![table(&all)];
    Ok(Output::Report(Exit::Done, Box::new(report)))
}

fn table(all: &[Listed]) -> Table {
    let columns = [
        Column::text("taken_at", "as of"),
        Column::text("database", "database"),
        Column::number("size_bytes", "size"),
        Column::text("tool", "by"),
        Column::text("state", "state"),
        Column::text("folder", "folder"),
    ];
    let mut table = Table::new("backups", "Backups", columns);
    for listed in all {
        let manifest = &listed.manifest;
        let state =
            manifest.verification().map_or_else(|| "not verified".to_owned(), |it| it.strength.to_string());
        table.push([
            Cell::Timestamp(manifest.taken_at.clone()),
            manifest.source.database.clone().into(),
            Cell::Bytes(manifest.bytes),
            manifest.tool.clone().into(),
            state.into(),
            shown(&listed.dir).into(),
        ]);
    }
    table
}

async fn verify(context: &Context, folder: &Path, files_only: bool) -> Result<Output, Failed> {
    let config = context.config(&[])?;
    let path = folder.to_owned();
    let manifest = tokio::task::spawn_blocking(move || reverify(&path)).await;
    let manifest =
        manifest.map_err(|error| Failed::new(Exit::Internal, format!("failed to hash: {error}")))??;
    let mut what = "its files are those that were written".to_owned();
    if !files_only {
        let backups = Backups::new(&config)?;
        let progress = Progress::new(&context.global);
        let on_event = |event: Event| progress.backup(&event);
        let _heed = context.stop.heed();
        let restored = backups.restored(folder, None, &context.stop, &on_event).await?;
        drop(restored);
        what.push_str(", and it can be restored");
    }
    let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, what));
    report.facts = vec![
        Fact::new("folder", "folder", shown(folder)),
        Fact::new("taken_at", "as of", Cell::Timestamp(manifest.taken_at.clone())),
        Fact::new("files", "files", manifest.files.len()),
        Fact::new("size_bytes", "size", Cell::Bytes(manifest.bytes)),
    ];
    Ok(Output::Report(Exit::Done, Box::new(report)))
}

async fn restore(context: &Context, folder: &Path, to: &str) -> Result<Output, Failed> {
    let config = context.config(&[])?;
    let backups = Backups::new(&config)?;
    let connector = backups::staging(context, &config, to)?;
    let progress = Progress::new(&context.global);
    let on_event = |event: Event| progress.backup(&event);
    let _heed = context.stop.heed();
    let manifest = backups.restore_into(folder, &connector, &context.stop, &on_event).await?;
    let marked = mark(&connector, &manifest).await;
    drop(progress);
    let summary = format!("restored as of {}", manifest.taken_at);
    let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, summary));
    report.target = Some(target(&connector, None));
    report.facts = vec![Fact::new("folder", "folder", shown(folder))];
    report.findings.extend(marked.err().map(|failed| {
        Finding::new(
            "copy-not-marked",
            Status::Warn,
            format!("the database was not marked as a copy: {}", failed.line()),
        )
    }));
    Ok(Output::Report(Exit::Done, Box::new(report)))
}

/// Marks the database as a copy, in its comment, so that a rehearsal on it knows of what and as of when.
async fn mark(copy: &Connector, manifest: &Manifest) -> Result<(), Failed> {
    let (Some(system_identifier), Some(lsn)) = (manifest.source.system_identifier, &manifest.lsn) else {
        return Ok(());
    };
    let marker = CopyMarker {
        system_identifier: system_identifier.cast_signed(),
        database: manifest.source.database.clone(),
        lsn: lsn.clone(),
        at: manifest.taken_at.clone(),
    };
    Ok(write_marker(&mut copy.migrator().await?, &marker).await?)
}

fn prune(context: &Context, dry_run: bool) -> Result<Output, Failed> {
    let config = context.config(&[])?;
    let backups = Backups::new(&config)?;
    let folders = if dry_run { superfluous(&backups)? } else { removed(&backups)? };
    let count = counted(folders.len(), "backup");
    let (name, title, summary) = if dry_run {
        ("superfluous", "Would be removed", format!("{count} would be removed; nothing was"))
    } else {
        ("removed", "Removed", format!("{count} removed"))
    };
    let mut report: Report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, summary));
    let mut table = Table::new(name, title, [Column::text("folder", "folder")]);
    for folder in &folders {
        table.push([shown(folder).into()]);
    }
    report.tables = vec![table];
    Ok(Output::Report(Exit::Done, Box::new(report)))
}

fn removed(backups: &Backups<'_>) -> Result<Vec<PathBuf>, Failed> {
    let mut removed = sweep(&backups.dir)?;
    for listed in list(&backups.dir)? {
        removed.extend(backups.prune(&listed.manifest.source)?);
    }
    Ok(removed)
}

/// What [`removed`] would remove now: of each database once, although several backups name it.
fn superfluous(backups: &Backups<'_>) -> Result<Vec<PathBuf>, Failed> {
    let mut found = BTreeSet::from_iter(left_behind(&backups.dir)?);
    for listed in list(&backups.dir)? {
        found.extend(backups.prunable(&listed.manifest.source)?);
    }
    Ok(found.into_iter().collect())
}

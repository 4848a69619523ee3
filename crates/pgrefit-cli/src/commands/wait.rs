//! `pgrefit wait`: waits until the database has the migrations that an application needs.

use std::time::{Duration, Instant};

use clap::Args;
use pgrefit_history::{Entry, Error as HistoryError, MigrationFile, Plan, State, read_plan_as_guest};
use pgrefit_pg::{Connector, Error as PgError};
use pgrefit_report::{Fact, Outcome, Status, counted};

use crate::context::target;
use crate::progress::Progress;
use crate::setup::Folder;
use crate::span::duration;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
For init containers of applications, and for scripts. Reads the history table again and again, and needs no more than SELECT on
it; writes nothing. Says every 10 s what it waits for. A database that is ahead of this release has what the release needs.

Exits with 0 as soon as it is so; with 75 if it is not within the time, or the database could not be reached to its end; with
12 at once if files and history do not fit, which waiting does not mend; with 17 at once if the login is refused.

Examples:
  pgrefit wait --until-migrated                         every migration of the folder, or of this binary
  pgrefit wait --at-least 14 --timeout 2min             V14, whatever this release has
  pgrefit wait --until-migrated --interval 500ms";

/// How often it is said what is waited for.
const SAY: Duration = Duration::from_secs(10);
/// How long one look may take.
const LOOK_MAX: Duration = Duration::from_secs(10);

/// Wait until the database has the migrations of this release: before an application starts.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Wait {
    #[command(flatten)]
    until: Until,
    /// How long to wait at most.
    #[arg(long, value_name = "DURATION", default_value = "10min", value_parser = duration)]
    timeout: Duration,
    /// How long to wait between two looks.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = interval)]
    interval: Duration,
    #[command(flatten)]
    folder: Folder,
}

/// What is waited for.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct Until {
    /// Until every migration of the folder, or of this binary, is applied.
    #[arg(long)]
    until_migrated: bool,
    /// Until this version, or a later one, is applied.
    #[arg(long, value_name = "VERSION")]
    at_least: Option<i64>,
}

/// One that asks the server without a pause is no way of waiting.
fn interval(text: &str) -> Result<Duration, String> {
    duration(text).map(|interval| interval.max(Duration::from_millis(100)))
}

/// Where a database stands.
#[derive(Debug)]
enum Standing {
    /// It has what is waited for.
    Reached(Option<i64>),
    /// It has not; this is missing.
    Missing(String),
    /// It has not answered within this time.
    Silent(Duration),
    /// It never will, by waiting.
    Diverged(Vec<Entry>),
}

/// A wait on its way.
struct Waiting<'a> {
    wait: &'a Wait,
    connector: &'a Connector,
    files: &'a [MigrationFile],
    table: &'a str,
    start: Instant,
}

impl Wait {
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let config = context.config(&self.folder.flags())?;
        let files = if self.until.until_migrated { Context::migrations(&config)? } else { Vec::new() };
        let connector = context.connector(&config)?;
        let table = config.text("migrations.history_table");
        let waiting =
            Waiting { wait: &self, connector: &connector, files: &files, table, start: Instant::now() };
        let version = waiting.end(&Progress::new(&context.global)).await?;
        let at = version.map_or_else(|| "an empty history".to_owned(), |version| format!("V{version}"));
        let summary = format!("the database is at {at}");
        let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, summary));
        report.target = Some(target(&connector, None));
        report.facts.push(Fact::new("version", "version", version));
        Ok(Output::Report(Exit::Done, Box::new(report)))
    }
}

impl Waiting<'_> {
    /// Looks until it is so, or the time is over; the version that the database is at then.
    async fn end(&self, progress: &Progress) -> Result<Option<i64>, Failed> {
        let mut said: Option<Instant> = None;
        let mut known = None;
        loop {
            let (missing, denied) = match self.look().await {
                Ok(Standing::Reached(version)) => return Ok(version),
                Ok(Standing::Diverged(entries)) => return Err(HistoryError::Diverged(entries).into()),
                Ok(Standing::Missing(what)) => (what, false),
                // The last look has little time: what was seen before says more.
                Ok(Standing::Silent(limit)) => known
                    .take()
                    .unwrap_or_else(|| (format!("no answer within {} ms", limit.as_millis()), false)),
                Err(error) if is_final(&error) => return Err(error.into()),
                Err(error) => told(error),
            };
            if said.is_none_or(|said| said.elapsed() >= SAY) {
                said = Some(Instant::now());
                progress.say(&format!("waiting: {missing}"));
            }
            if self.left() < self.wait.interval {
                return Err(self.over(missing, denied));
            }
            known = Some((missing, denied));
            tokio::time::sleep(self.wait.interval).await;
        }
    }

    async fn look(&self) -> Result<Standing, HistoryError> {
        let limit = LOOK_MAX.min(self.left().max(Duration::from_millis(100)));
        let work = async {
            let mut session = self.connector.read_only().await?;
            read_plan_as_guest(&mut session, self.files, self.table).await
        };
        let Ok(read) = tokio::time::timeout(limit, work).await else {
            return Ok(Standing::Silent(limit));
        };
        let (plan, history) = read?;
        if !history.exists {
            return Ok(Standing::Missing("the database has no history of migrations yet".to_owned()));
        }
        Ok(judge(&plan, &self.wait.until))
    }

    fn left(&self) -> Duration {
        self.wait.timeout.saturating_sub(self.start.elapsed())
    }

    /// The time is over.
    fn over(&self, missing: String, denied: bool) -> Failed {
        let exit = if denied { Exit::Denied } else { Exit::TryAgain };
        let message = format!("failed to see the migrations within {} s", self.wait.timeout.as_secs());
        let mut failed = Failed::new(exit, message)
            .hint("`pgrefit status` shows what is pending; the run that migrates says why it is not done");
        failed.failure.causes.push(missing);
        failed
    }
}

/// What the history says to what is waited for.
fn judge(plan: &Plan, until: &Until) -> Standing {
    let current = plan.current();
    if let Some(wanted) = until.at_least.filter(|wanted| current.is_none_or(|current| current < *wanted)) {
        let at = current.map_or_else(|| "nothing".to_owned(), |version| format!("V{version}"));
        return Standing::Missing(format!("V{wanted} is not applied; the database is at {at}"));
    }
    if !until.until_migrated {
        return Standing::Reached(current);
    }
    // What a newer release has applied is no obstacle to an older one that is still running.
    let problems = plan.problems().filter(|entry| entry.state != State::Ahead);
    let problems: Vec<Entry> = problems.cloned().collect();
    if !problems.is_empty() {
        return Standing::Diverged(problems);
    }
    let pending: Vec<&str> = plan.pending().map(|entry| entry.title.as_str()).collect();
    match (pending.first(), pending.last()) {
        (Some(first), Some(last)) if pending.len() > 1 => {
            let count = counted(pending.len(), "migration");
            Standing::Missing(format!("{count} are not applied: {first} to {last}"))
        }
        (Some(only), _) => Standing::Missing(format!("{only} is not applied")),
        _ => Standing::Reached(current),
    }
}

/// Whether waiting does not help.
fn is_final(error: &HistoryError) -> bool {
    matches!(
        error,
        HistoryError::NotHistory { .. }
            | HistoryError::Database(
                PgError::Authentication { .. }
                    | PgError::Tls { .. }
                    | PgError::NotNamed
                    | PgError::Settings { .. }
                    | PgError::NoRootCertificate { .. }
            )
    )
}

/// What is in the way for now, and whether that is a privilege, which the migrations may yet grant.
fn told(error: HistoryError) -> (String, bool) {
    let failed = Failed::from(error);
    (failed.line(), failed.exit == Exit::Denied)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use pgrefit_history::{History, Recorded, VersionWidth, checksum};

    use super::*;

    fn file(version: i64) -> MigrationFile {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(format!("V{version}__x.sql")), "SELECT 1;").unwrap();
        pgrefit_history::read_folder(folder.path()).unwrap().remove(0)
    }

    fn history(rows: &[(i64, bool)]) -> History {
        let recorded = |(version, same): &(i64, bool)| {
            let file = file(*version);
            Recorded {
                version: *version,
                name: "x".to_owned(),
                applied_on: String::new(),
                checksum: Some(checksum(&file, VersionWidth::Int4).wrapping_add(u64::from(!same))),
                duration_ms: None,
            }
        };
        History {
            schema: "public".to_owned(),
            table: "refinery_schema_history".to_owned(),
            exists: true,
            width: VersionWidth::Int4,
            has_notes: false,
            has_journal: false,
            has_runs: false,
            rows: rows.iter().map(recorded).collect(),
        }
    }

    #[test]
    fn histories_are_judged() {
        let check = |files: &[i64], rows: &[(i64, bool)], until_migrated, at_least, expected: &str| {
            let files: Vec<MigrationFile> = files.iter().map(|version| file(*version)).collect();
            let plan = Plan::new(&files, &history(rows), &BTreeMap::new(), None);
            let found = match judge(&plan, &Until { until_migrated, at_least }) {
                Standing::Reached(version) => format!("reached {version:?}"),
                Standing::Missing(what) => what,
                Standing::Silent(limit) => format!("{limit:?}"),
                Standing::Diverged(entries) => format!("diverged: {}", entries[0].title),
            };
            assert!(found.contains(expected), "{found}");
        };
        check(&[1, 2], &[(1, true), (2, true)], true, None, "reached Some(2)");
        check(&[1, 2], &[(1, true)], true, None, "V2__x is not applied");
        check(&[1, 2, 3], &[], true, None, "3 migrations are not applied: V1__x to V3__x");
        check(&[1, 2], &[(1, false)], true, None, "diverged: V1__x");
        check(&[1], &[(1, true), (2, true)], true, None, "reached Some(2)");
        check(&[2], &[(1, true), (2, true)], true, None, "diverged: V1__x");
        check(&[1, 2], &[(2, true)], true, None, "diverged: V1__x");
        check(&[], &[(1, true)], false, Some(2), "V2 is not applied; the database is at V1");
        check(&[], &[], false, Some(2), "the database is at nothing");
        check(&[], &[(1, true), (3, true)], false, Some(2), "reached Some(3)");
        check(&[1], &[(1, true)], true, Some(2), "V2 is not applied");
    }
}

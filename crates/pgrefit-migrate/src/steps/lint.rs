//! Lint: the pending migrations judged on this very database, statement by statement.

use std::collections::BTreeMap;
use std::time::Duration;

use pgrefit_catalog::Snapshot;
use pgrefit_history::{MigrationFile, Way, ways};
use pgrefit_lint::{Judged, Linter, Options, Source, Statement};
use pgrefit_pg::introspect::snapshot;
use pgrefit_pg::{Error as PgError, ReadOnly};
use pgrefit_report::{Finding, Status};
use pgrefit_sql::Place;

use crate::{Job, Planned};

/// How long the schema is read at most.
const READ_LIMIT: Duration = Duration::from_mins(1);
/// Pauses before the schema is read again, when somebody has locked a table: most such locks are short.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(300)];

/// The pending migrations, judged. Only [`lint`] makes it.
#[derive(Debug)]
pub struct Linted {
    findings: Vec<Finding>,
    statements: Vec<PendingStatement>,
    notes: Vec<Finding>,
}

/// A statement that is to be run, with what it comes to.
#[derive(Debug)]
pub(crate) struct PendingStatement {
    pub(crate) version: i64,
    /// `V3__name`.
    pub(crate) title: String,
    /// Where it begins.
    pub(crate) place: Place,
    /// How it runs.
    pub(crate) way: Way,
    /// What it comes to; nothing for a text that the parser does not understand.
    pub(crate) facts: Option<Statement>,
    /// How many findings stand in it, without mere notes and those that are allowed.
    pub(crate) findings: usize,
}

impl Linted {
    /// What was found, in the order of files and places, and what could not be seen.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.notes.iter().chain(&self.findings)
    }

    /// The statements in the order in which they run.
    pub(crate) fn statements(&self) -> &[PendingStatement] {
        &self.statements
    }

    /// The worst of what was found and is not allowed, and of what could not be seen. What the database itself does not know
    /// counts for nothing.
    #[must_use]
    pub fn worst(&self) -> Option<Status> {
        let notes = self.notes.iter().filter(|note| note.status > Status::Info);
        let counted = self.findings.iter().filter(|found| found.suppressed.is_none());
        Status::worst(notes.chain(counted).map(|found| found.status))
    }
}

/// Judges what is pending on the database as it is: its schema, the sizes of its tables, their traffic.
///
/// Reads the catalog and the statistics, in one session; locks: ACCESS SHARE on relations, for at most 100 ms at a time; writes
/// nothing. A database that cannot be read is a finding, not an error: the migrations are judged by the files before them then.
pub async fn lint(job: &Job<'_>, planned: &Planned, options: Options) -> Linted {
    let mut linted = Linted { findings: Vec::new(), statements: Vec::new(), notes: Vec::new() };
    if planned.is_up_to_date() {
        return linted;
    }
    let mut options = Options { server_major: planned.server_major(), one_release: true, ..options };
    // What an `allow` is there for need not be so on this database, and may be on the next.
    options.off.push("unused-allow".to_owned());
    let mut linter = Linter::new(options);
    // A database that must be adopted first has what the first file makes; there is nothing to hold against it.
    let is_judged = !planned.needs_adoption();
    if is_judged {
        match read(job, planned).await {
            Ok(snapshot) => {
                linter.seed(&snapshot);
                linted.notes.extend(snapshot.blind.iter().map(|sentence| unknown(sentence)));
            }
            Err((error, who)) => {
                linted.notes.push(blind(&error, &who));
                planned.applied_files().for_each(|file| linter.learn_migration(&file.sql));
            }
        }
    }
    linter.run_together();
    for file in planned.pending_files() {
        let name = file.path.display().to_string();
        let judged = linter.judge(&Source { file: &name, text: &file.sql, is_migration: true });
        linted.statements.extend(statements(file, &judged));
        if is_judged {
            linted.findings.extend(judged.findings);
        }
    }
    linted
}

/// The database at one moment; or why not, and who is in the way.
async fn read(job: &Job<'_>, planned: &Planned) -> Result<Snapshot, (PgError, Vec<String>)> {
    let mut session = job.connector.read_only().await.map_err(|error| (error, Vec::new()))?;
    let scope = job.scope(planned.history());
    let mut pauses = PAUSES.into_iter();
    loop {
        let attempt = tokio::time::timeout(READ_LIMIT, snapshot(&mut session, &scope));
        let Ok(outcome) = attempt.await else {
            let what = "read the schema of the database".to_owned();
            return Err((PgError::Timeout { what, limit: READ_LIMIT }, Vec::new()));
        };
        let error = match outcome {
            Ok(snapshot) => return Ok(snapshot),
            Err(error) => error,
        };
        let again = matches!(error, PgError::LockTimeout(_) | PgError::Exchange(_));
        match pauses.next() {
            Some(pause) if again => tokio::time::sleep(pause).await,
            _ if again => {
                let who = holders(&session).await;
                return Err((error, who));
            }
            _ => return Err((error, Vec::new())),
        }
    }
}

/// Who holds or awaits a lock that keeps readers out, as far as this role may see.
async fn holders(session: &ReadOnly) -> Vec<String> {
    let sql = "SELECT format('backend %s %s ACCESS EXCLUSIVE on %s', l.pid, \
               CASE WHEN l.granted THEN 'holds' ELSE 'waits for' END, l.relation::regclass) \
               FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' \
               AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database()) \
               AND l.relation >= 16384 ORDER BY NOT l.granted, l.pid, l.relation LIMIT 5";
    session.simple(sql).await.unwrap_or_default().into_iter().flatten().flatten().collect()
}

const CHECK: &str = "database-not-seen";

fn blind(error: &PgError, who: &[String]) -> Finding {
    let mut why = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !why.contains(&words) {
            why = format!("{why}: {words}");
        }
        cause = inner.source();
    }
    let who = if who.is_empty() { String::new() } else { format!(" ({})", who.join("; ")) };
    let message = format!(
        "the schema and the sizes of its tables could not be read: {why}{who}. The migrations are judged by their text and the \
         files before them, each table taken for large and busy"
    );
    let hint = match error {
        PgError::LockTimeout(_) => {
            "plan again when that lock is gone; SELECT pg_blocking_pids(pid), * FROM pg_stat_activity names who waits for whom"
                .to_owned()
        }
        PgError::NotPermitted(_) => "let the role read pg_catalog, as every role may unless that was revoked".to_owned(),
        error => error.hint().unwrap_or_else(|| "plan again".to_owned()),
    };
    Finding::new(CHECK, Status::Blind, message).hint(hint)
}

/// Something that the database itself does not know.
fn unknown(sentence: &str) -> Finding {
    Finding::new("not-known", Status::Info, sentence)
}

/// The statements of a file with what the linter says of each.
fn statements(file: &MigrationFile, judged: &Judged) -> Vec<PendingStatement> {
    let facts: BTreeMap<usize, &Statement> =
        judged.statements.iter().map(|statement| (statement.range.start, statement)).collect();
    let counts = |finding: &&Finding| finding.suppressed.is_none() && finding.status > Status::Info;
    let counted = judged.findings.iter().filter(counts);
    let places: Vec<(u32, u32)> = counted
        .filter_map(|finding| finding.location.as_ref())
        .map(|location| (location.line, location.column))
        .collect();
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let place = |place: Place| (number(place.line), number(place.column));
    let script = file.script().statements().iter().zip(ways(file));
    script
        .filter(|(statement, _)| !statement.range.is_empty())
        .map(|(statement, way)| {
            let extent = place(statement.place)..place(Place::of_byte(&file.sql, statement.range.end));
            PendingStatement {
                version: file.version,
                title: file.title(),
                place: statement.place,
                way,
                facts: facts.get(&statement.range.start).map(|facts| (*facts).clone()),
                findings: places.iter().filter(|at| extent.contains(at)).count(),
            }
        })
        .collect()
}

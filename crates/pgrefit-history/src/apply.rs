//! Applies pending migrations through refinery's runner, with pgrefit's session underneath.
//!
//! refinery asks an [`AsyncMigrate`] for the applied migrations, decides what is pending, and hands over each
//! migration's text with an `INSERT` for its history table. How the text runs is decided here and in `message.rs`: in one
//! transaction a migration, in one round trip.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use pgrefit_pg::{Connector, Error as PgError, LockHolder, Migrator, RunnerLock};
use pgrefit_sql::Script;
use refinery::{Migration, Runner, Target};
use refinery_core::traits::r#async::{AsyncMigrate, AsyncQuery, AsyncTransaction};
use time::OffsetDateTime;

use crate::message::Message;
use crate::{Entry, Error, History, MigrationFile, Plan, VersionWidth, checksum, read};

/// Bounds of a run.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How long to wait for another runner to finish.
    pub runner_wait: Duration,
    /// `lock_timeout` of each migration, if its file does not say otherwise.
    pub lock_timeout: Duration,
    /// `statement_timeout` of each migration, if its file does not say otherwise; zero is no limit.
    pub statement_timeout: Duration,
    /// How long a migration that met `lock_timeout` is tried again, with growing pauses.
    pub lock_budget: Duration,
}

/// What happens while migrations are applied.
#[derive(Debug)]
pub enum Event<'a> {
    /// Another runner is at work; who, if it could be seen.
    RunnerBusy(Option<&'a LockHolder>),
    /// A migration begins; `index` of `count`, from 0.
    Begin {
        /// The migration.
        title: &'a str,
        /// Its place among those to be applied.
        index: usize,
        /// How many are to be applied.
        count: usize,
    },
    /// A migration did not get its locks in time and will be tried again.
    LockedOut {
        /// The migration.
        title: &'a str,
        /// The pause until the next attempt.
        pause: Duration,
    },
    /// A migration is committed and recorded.
    Done {
        /// The migration.
        title: &'a str,
        /// How long it took, as seen from here.
        duration: Duration,
    },
}

/// Receives events.
pub type Listener<'a> = dyn FnMut(Event<'_>) + Send + 'a;

/// A migration that this run has applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The version.
    pub version: i64,
    /// `V3__name`.
    pub title: String,
    /// How many statements it had.
    pub statements: usize,
    /// How long it took, as seen from here.
    pub duration: Duration,
}

/// Refuses files that cannot run in a transaction, before anything runs.
///
/// # Errors
/// [`Error::NotTransactional`] for the first such statement.
pub fn check_transactional(entries: &[&Entry]) -> Result<(), Error> {
    for file in entries.iter().filter_map(|entry| entry.file.as_ref()) {
        if let Some((statement, obstacle)) = file.script().first_obstacle() {
            return Err(Error::NotTransactional {
                path: file.path.clone(),
                place: statement.place,
                obstacle,
            });
        }
    }
    Ok(())
}

/// Applies what is pending up to `target`, as the only runner on the database: `lock` is the proof, and it is looked at
/// again on the way. Each migration is one transaction together with its history row. Locks: those of the migrations'
/// statements, each waited for at most `lock_timeout`; ROW EXCLUSIVE on the history tables.
///
/// # Errors
/// The first thing that went wrong. Whatever was applied before it stays applied and recorded.
pub async fn apply(
    connector: &Connector,
    lock: &RunnerLock,
    files: &[MigrationFile],
    table: &str,
    target: Option<i64>,
    bounds: Bounds,
    listener: &mut Listener<'_>,
) -> Result<Vec<Applied>, Error> {
    let mut session = connector.migrator().await?;
    let (plan, history) = read::runnable(&mut session, files, table, target).await?;
    let pending: Vec<&Entry> = plan.pending().collect();
    if pending.is_empty() {
        return Ok(Vec::new());
    }
    check_transactional(&pending)?;
    if !(history.exists && history.has_notes) {
        session.batch(&history.create_sql()).await?;
    }
    let guarded = Guarded {
        count: pending.len(),
        pending: pending.iter().filter_map(|entry| entry.file.clone()).collect(),
        applied_before: applied_for_refinery(&plan),
        session,
        lock,
        history: &history,
        bounds,
        listener,
        done: Vec::new(),
        failure: None,
        lock_checked: Instant::now(),
    };
    run(guarded, files, target).await
}

async fn run(
    mut guarded: Guarded<'_, '_>,
    files: &[MigrationFile],
    target: Option<i64>,
) -> Result<Vec<Applied>, Error> {
    let migrations =
        files.iter().map(for_refinery).collect::<Result<Vec<_>, _>>().map_err(Error::Refinery)?;
    let target = target.map_or(Target::Latest, Target::Version);
    let outcome = Runner::new(&migrations).set_target(target).run_async(&mut guarded).await;
    match (guarded.failure, outcome) {
        (Some(failure), _) => Err(failure),
        (None, Err(error)) => Err(Error::Refinery(error)),
        (None, Ok(_)) => Ok(guarded.done),
    }
}

fn for_refinery(file: &MigrationFile) -> Result<Migration, refinery::Error> {
    Migration::unapplied(&file.title(), &file.sql)
}

/// The applied migrations as refinery wants to see them. Their checksums are those of the files: the plan has already
/// judged the recorded ones, and knows more about cosmetic differences and widths than refinery does.
fn applied_for_refinery(plan: &Plan) -> Vec<Migration> {
    plan.entries
        .iter()
        .filter(|entry| entry.recorded.is_some())
        .filter_map(|entry| entry.file.as_ref())
        .map(|file| {
            let checksum = checksum(file, VersionWidth::Int8);
            Migration::applied(file.version, file.name.clone(), OffsetDateTime::UNIX_EPOCH, checksum)
        })
        .collect()
}

/// The session that refinery drives.
struct Guarded<'a, 'l> {
    session: Migrator,
    lock: &'a RunnerLock,
    history: &'a History,
    bounds: Bounds,
    listener: &'a mut Listener<'l>,
    pending: VecDeque<MigrationFile>,
    applied_before: Vec<Migration>,
    count: usize,
    done: Vec<Applied>,
    failure: Option<Error>,
    lock_checked: Instant,
}

/// Tells refinery to stop; the reason is kept in [`Guarded::failure`].
#[derive(Debug, thiserror::Error)]
#[error("stopped by pgrefit")]
struct Stop;

impl AsyncTransaction for Guarded<'_, '_> {
    type Error = Stop;

    async fn execute<'a, T: Iterator<Item = &'a str> + Send + 'a>(
        &'a mut self,
        queries: T,
    ) -> Result<usize, Stop> {
        let queries: Vec<&str> = queries.collect();
        // refinery first asserts its table, which exists by now, with the one query of `assert_migrations_table_query`.
        let [sql, _insert] = queries[..] else { return Ok(0) };
        let result = match self.pending.pop_front() {
            Some(file) if file.sql == sql => self.apply_with_patience(&file).await,
            // Unreachable as long as refinery and the plan agree on what is pending; nothing is run if they do not.
            _ => return Err(Stop),
        };
        result.map_err(|error| {
            self.failure = Some(error);
            Stop
        })?;
        Ok(1)
    }
}

impl AsyncQuery<Vec<Migration>> for Guarded<'_, '_> {
    async fn query<'a>(&'a mut self, _query: &'a str) -> Result<Vec<Migration>, Stop> {
        Ok(self.applied_before.clone())
    }
}

impl AsyncMigrate for Guarded<'_, '_> {
    fn assert_migrations_table_query(_table: &str) -> String {
        String::new()
    }
}

impl Guarded<'_, '_> {
    /// Applies one migration; when it does not get its locks in time, again, until the budget is spent.
    async fn apply_with_patience(&mut self, file: &MigrationFile) -> Result<(), Error> {
        let title = file.title();
        let index = self.done.len();
        (self.listener)(Event::Begin { title: &title, index, count: self.count });
        let script = file.script();
        let start = Instant::now();
        let mut pause = Duration::from_millis(100);
        let applied = loop {
            self.check_lock(&title).await?;
            match self.apply_once(file, &script).await {
                Err(error)
                    if is_lock_timeout(&error) && start.elapsed() + pause < self.bounds.lock_budget =>
                {
                    (self.listener)(Event::LockedOut { title: &title, pause });
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(5)).mul_f64(0.75 + fastrand::f64() / 2.0);
                }
                other => break other?,
            }
        };
        if !applied {
            return Ok(());
        }
        let duration = start.elapsed();
        (self.listener)(Event::Done { title: &title, duration });
        self.done.push(Applied {
            version: file.version,
            title,
            statements: script.statements().len(),
            duration,
        });
        Ok(())
    }

    /// Asks whether the runner lock is still held, once a second at most: the history row at the beginning of each
    /// transaction keeps two runners from the same migration in any case.
    async fn check_lock(&mut self, title: &str) -> Result<(), Error> {
        if self.lock_checked.elapsed() >= Duration::from_secs(1) {
            self.lock.check().await.map_err(|source| Error::LockLost { title: title.to_owned(), source })?;
            self.lock_checked = Instant::now();
        }
        Ok(())
    }

    /// One transaction: the history row first, so that a runner that was killed a moment ago and whose last transaction
    /// is still ending is waited for by the row's unique index; then the statements; then pgrefit's notes.
    ///
    /// False when that other transaction has recorded the version in the meantime, and nothing was run.
    async fn apply_once(&mut self, file: &MigrationFile, script: &Script) -> Result<bool, Error> {
        let message = Message::new(&self.session, self.history, file, script, self.bounds);
        let error = match self.session.script(&message.sql).await {
            Ok(()) => return Ok(true),
            Err(error) if message.is_recorded_already(&error) => return Ok(false),
            Err(error) => error,
        };
        let may_have_committed = !script.is_understood() && message.reached_file(&error);
        if may_have_committed && self.forget_if_committed(file.version).await {
            return Err(Error::EndedTransaction { path: file.path.clone() });
        }
        Err(message.explain(error))
    }

    /// Whether the version is recorded although its migration failed: then a file that the parser did not understand has
    /// committed a part of itself, and the history row with it. The row is taken back, so that nobody takes the migration
    /// for done.
    async fn forget_if_committed(&mut self, version: i64) -> bool {
        let sql =
            format!("DELETE FROM {} WHERE version = {version} RETURNING version", self.history.qualified());
        // On a dead connection there is nobody to ask, and without the lock the row may be another runner's.
        self.lock.check().await.is_ok() && self.session.simple(&sql).await.is_ok_and(|rows| !rows.is_empty())
    }
}

fn is_lock_timeout(error: &Error) -> bool {
    match error {
        Error::Statement(error) => matches!(error.source, PgError::LockTimeout(_)),
        Error::Commit { source, .. } => matches!(source, PgError::LockTimeout(_)),
        _ => false,
    }
}

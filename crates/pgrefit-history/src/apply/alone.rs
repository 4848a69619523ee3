//! A statement outside of any transaction block.
//!
//! It is recorded as begun, run, and recorded as done. Before it runs, and when it has failed, the catalog is asked what
//! is there: the journal says only what was meant. What a failed statement leaves, such as an invalid index, is removed.

mod detach;
mod global;
mod index;
mod likeness;
mod reindex;

use std::time::{Duration, Instant};

use pgrefit_pg::Error as PgError;
use pgrefit_pg::activity;
use pgrefit_sql::{Place, Standalone};

use super::Event;
use super::attend::Ended;
use super::compose::{Composer, journal_entry};
use super::crew::{Crew, Settled, is_lockout, mark, silence};
use super::patience::Patience;
use super::tracer::{Moment, StepAt};
use crate::course::Step;
use crate::journal::{Entry, Journal, StepState};
use crate::message::{FileLimits, statement_error};
use crate::{Error, MigrationFile, failpoint};

/// How long a statement of a runner that was killed may take to notice.
const GHOST_LIMIT: Duration = Duration::from_secs(5);

/// What the catalog says before a statement runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// It can run.
    Ready,
    /// It has taken effect.
    Done,
    /// Something unfinished is in its way and is removed first, each by a statement of its own.
    Leftover(Vec<String>),
    /// It was interrupted half-way; this statement finishes it.
    Unfinished(String),
    /// Something else is in its way: what, and what to do.
    InTheWay(String, &'static str),
}

/// A statement with what is needed to run it and to speak of it.
pub(super) struct Task<'x> {
    pub(super) file: &'x MigrationFile,
    pub(super) step: &'x Step<'x>,
    pub(super) title: String,
    pub(super) limits: FileLimits,
    at: StepAt<'x>,
}

impl Task<'_> {
    /// The statement as it stands in the file: what the journal keeps, and what a later run compares the file with.
    fn text(&self) -> &str {
        &self.file.sql[self.step.range.clone()]
    }

    /// The statement without its semicolon.
    fn sql(&self) -> &str {
        Composer::statement(self.file, self.step)
    }

    fn mark(&self) -> String {
        mark(self.file.version, Some(self.step.number))
    }

    fn failed(&self, source: PgError) -> Error {
        statement_error(self.file, self.step.range.start, source)
    }

    fn in_the_way(&self, what: String, hint: &'static str) -> Error {
        let place = Place::of_byte(&self.file.sql, self.step.range.start);
        Error::InTheWay { path: self.file.path.clone(), place, what, hint }
    }
}

impl Crew<'_, '_> {
    /// Runs one statement on its own, until the catalog shows that it took effect.
    pub(super) async fn run_alone(
        &mut self,
        at: StepAt<'_>,
        step: &Step<'_>,
        alone: &Standalone,
        journal: &Journal<'_>,
        entry: Option<&Entry>,
        patience: &mut Patience,
    ) -> Result<(), Error> {
        let file = at.file;
        let task = Task { file, step, title: file.title(), limits: FileLimits::of(file, &self.bounds), at };
        let mut was_begun = entry.is_some_and(|entry| entry.state == StepState::Begun);
        loop {
            self.hold_lock(&task.title).await?;
            self.outlive_ghosts(&task).await?;
            let statement = match self.find(&task, alone, was_begun).await? {
                Found::Done => {
                    return self.journal(&task, &journal.found_done_sql(step.number, task.text())).await;
                }
                Found::InTheWay(what, hint) => return Err(task.in_the_way(what, hint)),
                Found::Leftover(statements) => {
                    self.journal(&task, &journal.begin_sql(step.number, task.text())).await?;
                    was_begun = true;
                    self.sweep(&task, &statements, patience).await?;
                    continue;
                }
                Found::Ready => task.sql().to_owned(),
                Found::Unfinished(statement) => statement,
            };
            self.journal(&task, &journal.begin_sql(step.number, task.text())).await?;
            was_begun = true;
            failpoint::reach("step-begun").await;
            if self.attempt(&task, &statement, alone, journal, patience).await? {
                failpoint::reach("step-ran").await;
                match self.find(&task, alone, true).await? {
                    Found::Ready | Found::Done => {}
                    other => {
                        return Err(task
                            .in_the_way(format!("it ended without an error, but: {other:?}"), "run again"));
                    }
                }
                return self.journal(&task, &journal.done_sql(step.number)).await;
            }
        }
    }

    /// One attempt. False when it is worth another look at the catalog: after a lost connection, or a lost lock race.
    async fn attempt(
        &mut self,
        task: &Task<'_>,
        statement: &str,
        alone: &Standalone,
        journal: &Journal<'_>,
        patience: &mut Patience,
    ) -> Result<bool, Error> {
        self.prepare(task, alone).await?;
        let start = Instant::now();
        let wait_max = patience.left().max(Duration::from_secs(1));
        let sql = format!("{} {statement}", task.mark());
        let here = task.at.statement(0, &task.step.range);
        self.trace(Moment::StepBegins(task.at)).await?;
        self.trace(Moment::Begins(here)).await?;
        let attended = self.patiently(&task.title, &sql, wait_max).await;
        let failed = match &attended.result {
            Some(Ok(())) => None,
            Some(Err(error)) => Some(&error.source),
            None => Some(&silence()),
        };
        self.trace_ended(here, None, failed).await?;
        if failed.is_none() {
            self.note_time(here.number, start.elapsed());
        }
        let (error, blockers, ended) = match self.settle(&task.title, attended).await {
            Ok(Settled::Reconnected) => return Ok(false),
            Ok(Settled::Result { result: Ok(()), .. }) => {
                self.restore().await?;
                return Ok(true);
            }
            Ok(Settled::Result { result: Err(error), blockers, ended }) => (error.source, blockers, ended),
            Err(error) => return Err(error),
        };
        let waited = start.elapsed();
        self.restore().await?;
        // What it left is of no use to anybody, and the next attempt would find it in its way.
        let left = self.clean_up(task, alone).await;
        let note = if left.is_ok() { Journal::failed_sql } else { Journal::interrupted_sql };
        self.note(task, &note(journal, task.step.number, &error.to_string())).await;
        match ended {
            Some(Ended::Stopped) => return Err(Error::Stopped { title: task.title.clone() }),
            Some(Ended::OverBudget) => {
                return Err(Error::OverBudget {
                    title: task.title.clone(),
                    blockers,
                    waited,
                    is_clean: left.is_ok(),
                });
            }
            Some(Ended::Silent) | None => {}
        }
        if is_lockout(&error)
            && let Some(pause) = patience.locked_out(waited, task.limits.lock)
        {
            (self.listener)(Event::LockedOut { title: &task.title, pause, blockers: &blockers });
            self.pause(&task.title, pause).await?;
            return Ok(false);
        }
        Err(task.failed(error).with_blockers(blockers))
    }

    /// Gives the session what the statement needs.
    async fn prepare(&mut self, task: &Task<'_>, alone: &Standalone) -> Result<(), Error> {
        if self.connector.is_through_pooler() {
            return self.check_pooled_limits(task).await;
        }
        let sql = Composer::alone_settings(task.step, alone, task.limits);
        self.session.batch(&sql).await.map_err(|error| match error {
            PgError::Lost { .. } => error.into(),
            error => task.failed(error),
        })
    }

    /// Behind a pooler nothing can be set outside of a transaction: the role's own limits hold, and must not be in the way.
    async fn check_pooled_limits(&mut self, task: &Task<'_>) -> Result<(), Error> {
        let sql = "SELECT name || ' = ' || setting FROM pg_catalog.pg_settings \
                   WHERE name IN ('lock_timeout', 'statement_timeout') AND setting <> '0'";
        let rows = self.session.simple(sql).await?;
        match rows.into_iter().flatten().flatten().next() {
            Some(limit) => Err(task.in_the_way(
                format!("the role's own {limit} would end it, and cannot be changed through a pooler"),
                "connect to PostgreSQL itself for this file, or take the limit from the role",
            )),
            None => Ok(()),
        }
    }

    /// The session's own settings again.
    async fn restore(&mut self) -> Result<(), Error> {
        let own = self.session.own_settings().join(";\n");
        if own.is_empty() { Ok(()) } else { Ok(self.session.batch(&own).await?) }
    }

    /// Waits until no statement of an earlier runner for the same step is at work any more, and ends one that does not
    /// notice that its runner has gone.
    async fn outlive_ghosts(&mut self, task: &Task<'_>) -> Result<(), Error> {
        let start = Instant::now();
        loop {
            let scout = self.scout.session().await?;
            let ghosts = activity::running(scout, &task.mark()).await?;
            let Some(ghost) = ghosts.first() else { return Ok(()) };
            if start.elapsed() > GHOST_LIMIT {
                let sql = format!("SELECT pg_catalog.pg_terminate_backend({})", ghost.pid);
                self.session.simple(&sql).await?;
            }
            if start.elapsed() > GHOST_LIMIT * 3 {
                return Err(Error::OverBudget {
                    title: task.title.clone(),
                    blockers: ghosts,
                    waited: start.elapsed(),
                    is_clean: false,
                });
            }
            self.pause(&task.title, Duration::from_millis(200)).await?;
        }
    }

    /// Asks the catalog, with the file's settings: its names are meant with its `search_path`.
    async fn find(&mut self, task: &Task<'_>, alone: &Standalone, was_begun: bool) -> Result<Found, Error> {
        match alone {
            Standalone::CreateIndex(create) => self.find_index(task, create, was_begun).await,
            Standalone::DropIndex { index } => {
                let gone = format!("to_regclass({}) IS NULL", global::literal(index));
                let is_gone = self.is_true(task, &gone).await?;
                Ok(if was_begun && is_gone { Found::Done } else { Found::Ready })
            }
            Standalone::Reindex(target) => self.find_reindex(task, target).await,
            Standalone::Detach { parent, partition } => {
                self.find_detach(task, (parent, partition), was_begun).await
            }
            Standalone::AddValue { .. } | Standalone::Create(_) | Standalone::Drop(_) if was_begun => {
                self.find_global(task, alone).await
            }
            _ => Ok(Found::Ready),
        }
    }

    /// Removes what a failed statement has left.
    async fn clean_up(&mut self, task: &Task<'_>, alone: &Standalone) -> Result<(), Error> {
        let left = match alone {
            Standalone::CreateIndex(create) => self.index_left(task, create).await?,
            Standalone::Reindex(target) => self.reindex_left(task, target).await?,
            _ => return Ok(()),
        };
        let mut patience = Patience::new(Duration::from_secs(3));
        self.sweep(task, &left, &mut patience).await
    }

    /// Drops what is unfinished, concurrently.
    async fn sweep(
        &mut self,
        task: &Task<'_>,
        statements: &[String],
        patience: &mut Patience,
    ) -> Result<(), Error> {
        for statement in statements {
            let lock = patience.left().max(Duration::from_secs(1));
            let set = format!(
                "SET lock_timeout = {}; SET statement_timeout = {}",
                lock.as_millis(),
                lock.as_millis()
            );
            if !self.connector.is_through_pooler() {
                self.session.batch(&set).await?;
            }
            self.drop_leftover(task, statement, lock).await?;
            self.restore().await?;
            (self.listener)(Event::Swept { title: &task.title, what: statement });
        }
        Ok(())
    }

    /// Drops one leftover, waiting for others no longer than `limit`. After a request to stop nobody attends: it would only
    /// be heard again.
    async fn drop_leftover(
        &mut self,
        task: &Task<'_>,
        statement: &str,
        limit: Duration,
    ) -> Result<(), Error> {
        let sql = format!("{} {statement}", task.mark());
        if self.stop.is_requested() {
            let what = "remove what is unfinished".to_owned();
            let dropped = tokio::time::timeout(limit, self.session.batch(&sql)).await;
            return Ok(dropped.unwrap_or(Err(PgError::Timeout { what, limit }))?);
        }
        let attended = self.patiently(&task.title, &sql, limit).await;
        match self.settle(&task.title, attended).await? {
            // Whether it is gone is seen at the next look.
            Settled::Reconnected => Ok(()),
            Settled::Result { result, .. } => result.map_err(|error| task.failed(error.source)),
        }
    }

    /// Writes to the journal what has become of a failed statement. The statement's error is the one to tell; and a request
    /// to stop does not keep it from being noted.
    async fn note(&mut self, task: &Task<'_>, sql: &str) {
        let _ = self.session.script(&journal_entry(task.limits, sql)).await;
    }

    async fn journal(&mut self, task: &Task<'_>, sql: &str) -> Result<(), Error> {
        self.write_journal(&task.title, task.limits, sql).await
    }

    /// Whether a condition holds, by asking the server.
    async fn is_true(&mut self, task: &Task<'_>, condition: &str) -> Result<bool, Error> {
        let rows = self.read_with(task.step, &format!("SELECT {condition}")).await?;
        Ok(rows.into_iter().flatten().flatten().next().as_deref() == Some("t"))
    }
}

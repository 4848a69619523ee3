//! The sessions of a run and what every way of running needs: attendance, patience, the lock, the way back.

use std::time::{Duration, Instant};

use pgrefit_pg::{Connector, Error as PgError, Migrator, RunnerLock, ScriptError, Stop};

use super::attend::{Attendant, Attended, Ended, Scout, Who};
use super::lag::Lag;
use super::patience::Patience;
use super::tracer::{Moment, Observe};
use super::{Applied, Batches, Bounds, Event, HeldLock, Listener, Probed};
use crate::{Error, History, MigrationFile};

/// A connection may be lost so often in one migration: a statement that brings the server down must not do it for ever.
const LOSSES_MAX: usize = 2;

/// The sessions of a run, and what it knows.
pub(super) struct Crew<'a, 'l> {
    pub(super) connector: &'a Connector,
    pub(super) session: Migrator,
    pub(super) scout: Scout<'a>,
    pub(super) history: &'a History,
    pub(super) bounds: Bounds,
    pub(super) stop: &'a Stop,
    pub(super) listener: &'a mut Listener<'l>,
    pub(super) lag: Lag,
    pub(super) lock: &'a mut RunnerLock,
    pub(super) observe: Observe<'a>,
    /// What probes have found in the file that is under way.
    pub(super) probed: Vec<Probed>,
    pub(super) held: Vec<HeldLock>,
    lock_checked: Instant,
    /// The versions that this run has applied.
    recorded: Vec<i64>,
    losses: usize,
}

impl<'a, 'l> Crew<'a, 'l> {
    #[expect(clippy::too_many_arguments, reason = "each is named at the one call")]
    pub(super) fn new(
        connector: &'a Connector,
        session: Migrator,
        lock: &'a mut RunnerLock,
        history: &'a History,
        bounds: Bounds,
        stop: &'a Stop,
        listener: &'a mut Listener<'l>,
        observe: Observe<'a>,
    ) -> Self {
        Self {
            connector,
            session,
            scout: Scout::new(connector),
            history,
            bounds,
            stop,
            listener,
            lag: Lag::default(),
            lock,
            observe,
            probed: Vec::new(),
            held: Vec::new(),
            lock_checked: Instant::now(),
            recorded: Vec::new(),
            losses: 0,
        }
    }

    /// Applies one migration. Nothing when another session has recorded it in the meantime.
    pub(super) async fn apply(&mut self, file: &MigrationFile) -> Result<Option<Applied>, Error> {
        let script = file.script();
        let start = Instant::now();
        let mut patience = Patience::new(self.bounds.lock_budget);
        self.losses = 0;
        let mut batches = Batches::default();
        let applied = loop {
            self.trace(Moment::FileBegins(file)).await?;
            let outcome = if script.is_one_transaction() {
                self.apply_whole(file, script, &mut patience).await
            } else {
                self.apply_in_steps(file, script, &mut patience, &mut batches).await
            };
            // All that is done is recorded, so that it can be begun again.
            match outcome.map_err(Error::into_lost) {
                Ok(applied) => break applied,
                Err(Ok(lost)) => self.reconnect(&file.title(), lost).await?,
                Err(Err(error)) => return Err(error),
            }
        };
        if !applied {
            return Ok(None);
        }
        self.recorded.push(file.version);
        self.trace(Moment::FileEnded(file)).await?;
        Ok(Some(Applied {
            version: file.version,
            title: file.title(),
            statements: script.statements().len(),
            duration: start.elapsed(),
            waited: patience.waited(),
            lockouts: patience.lockouts(),
            batches,
            probed: std::mem::take(&mut self.probed),
            held: std::mem::take(&mut self.held),
        }))
    }

    /// The server's major version.
    pub(super) fn server_major(&self) -> u32 {
        self.session.version_num() / 10_000
    }

    /// Runs a script while somebody attends.
    pub(super) async fn script(&mut self, title: &str, sql: &str) -> Attended<Result<(), ScriptError>> {
        let (session, attendant) = self.attendant(title, sql);
        attendant.attend(session.script(sql)).await
    }

    /// Runs a statement whose waiting for others `wait_max` bounds, because `lock_timeout` does not.
    pub(super) async fn patiently(
        &mut self,
        title: &str,
        sql: &str,
        wait_max: Duration,
    ) -> Attended<Result<(), ScriptError>> {
        let (session, mut attendant) = self.attendant(title, sql);
        attendant.wait_max = Some(wait_max);
        attendant.attend(session.script(sql)).await
    }

    /// Runs one statement while somebody attends; returns how many rows it wrote.
    pub(super) async fn affected(&mut self, title: &str, sql: &str) -> Attended<Result<u64, PgError>> {
        let (session, attendant) = self.attendant(title, sql);
        attendant.attend(session.affected(sql)).await
    }

    pub(super) fn attendant<'x>(
        &'x mut self,
        title: &'x str,
        sql: &'x str,
    ) -> (&'x mut Migrator, Attendant<'x, 'a>) {
        let who = if self.connector.is_through_pooler() {
            mark_of(sql).map_or(Who::Unknown, Who::Mark)
        } else {
            Who::Backend(self.session.backend_pid())
        };
        let cancel = self.session.cancel_handle();
        let Self { session, scout, listener, stop, .. } = self;
        (session, Attendant { scout, listener: &mut **listener, stop, cancel, who, title, wait_max: None })
    }

    /// Makes sure that the runner lock is held, by asking once a second at most: the record at the beginning of each
    /// transaction keeps two runners from the same work in any case. A lock that was lost is waited for again.
    pub(super) async fn hold_lock(&mut self, title: &str) -> Result<(), Error> {
        if self.lock_checked.elapsed() >= Duration::from_secs(1) {
            self.hold_lock_now(title).await?;
        }
        Ok(())
    }

    async fn hold_lock_now(&mut self, title: &str) -> Result<(), Error> {
        if let Err(lost) = self.lock.check().await {
            (self.listener)(Event::Reconnecting {
                title,
                cause: &format!("the runner lock was lost: {lost}"),
            });
            let Self { lock, listener, bounds, stop, .. } = self;
            let regained = tokio::select! {
                regained = lock.regain(bounds.runner_wait, |holder| listener(Event::RunnerBusy(holder))) => regained,
                () = stop.requested() => return Err(Error::Stopped { title: title.to_owned() }),
            };
            regained.map_err(|source| Error::LockLost { title: title.to_owned(), source })?;
        }
        self.lock_checked = Instant::now();
        Ok(())
    }

    /// Connects again after `cause`, and makes sure that nothing of this run is lost: a server that took over may lack
    /// commits of the old one.
    pub(super) async fn reconnect(&mut self, title: &str, cause: PgError) -> Result<(), Error> {
        self.losses += 1;
        if self.losses > LOSSES_MAX {
            return Err(cause.into());
        }
        (self.listener)(Event::Reconnecting { title, cause: &words(&cause) });
        self.scout.forget();
        let start = Instant::now();
        self.session = loop {
            match self.connector.migrator().await {
                Ok(session) => break session,
                Err(error) if error.is_retryable() && start.elapsed() < self.bounds.reconnect_wait => {
                    self.pause(title, Duration::from_millis(250)).await?;
                }
                Err(error) => return Err(error.into()),
            }
        };
        self.hold_lock_now(title).await?;
        self.check_recorded(title).await
    }

    async fn check_recorded(&mut self, title: &str) -> Result<(), Error> {
        if self.recorded.is_empty() {
            return Ok(());
        }
        let sql = format!("SELECT version FROM {}", self.history.qualified());
        let rows = self.session.simple(&sql).await?;
        let found: Vec<i64> =
            rows.into_iter().filter_map(|row| row.into_iter().next()??.parse().ok()).collect();
        match self.recorded.iter().find(|version| !found.contains(version)) {
            Some(version) => Err(Error::CommitsLost { title: title.to_owned(), version: *version }),
            None => Ok(()),
        }
    }

    /// The result of attended work, or why there is none. `Ok(None)` is a lost connection that was made again: look at what
    /// happened, and go on.
    pub(super) async fn settle<T, E>(
        &mut self,
        title: &str,
        attended: Attended<Result<T, E>>,
    ) -> Result<Settled<T, E>, Error>
    where
        E: AsPgError,
    {
        let Attended { result, blockers, ended } = attended;
        let lost = match result {
            None if ended == Some(Ended::Stopped) => return Err(Error::Stopped { title: title.to_owned() }),
            None => silence(),
            Some(Err(error)) if matches!(error.pg(), PgError::Lost { .. }) => {
                if self.stop.is_requested() {
                    return Err(Error::Stopped { title: title.to_owned() });
                }
                error.into_pg()
            }
            Some(result) => return Ok(Settled::Result { result, blockers, ended }),
        };
        self.reconnect(title, lost).await?;
        Ok(Settled::Reconnected)
    }
}

/// What became of work after it was settled.
pub(super) enum Settled<T, E> {
    /// It ended; who was in its way, and why it was ended from here, if so.
    Result { result: Result<T, E>, blockers: Vec<pgrefit_pg::activity::Blocker>, ended: Option<Ended> },
    /// The connection was lost and made again.
    Reconnected,
}

/// An error that is one of the database, or has one in it.
pub(super) trait AsPgError {
    fn pg(&self) -> &PgError;
    fn into_pg(self) -> PgError;
}

impl AsPgError for PgError {
    fn pg(&self) -> &PgError {
        self
    }

    fn into_pg(self) -> PgError {
        self
    }
}

impl AsPgError for ScriptError {
    fn pg(&self) -> &PgError {
        &self.source
    }

    fn into_pg(self) -> PgError {
        self.source
    }
}

/// Whether the same statements may get through when they are tried again: a lock was not granted in time, or others won a
/// deadlock or a serialization conflict.
pub(super) fn is_lockout(error: &PgError) -> bool {
    match error {
        PgError::LockTimeout(_) => true,
        PgError::Server(server) => matches!(server.sqlstate.as_str(), "40P01" | "40001"),
        _ => false,
    }
}

pub(super) fn silence() -> PgError {
    PgError::Lost { server: None, source: Some("the server did not answer any more".into()) }
}

/// A comment that begins what is sent, by which it is known again in `pg_stat_activity`: of a file, or of a step of it.
pub(super) fn mark(version: i64, step: Option<i32>) -> String {
    match step {
        Some(step) => format!("{MARK}V{version}.{step} */"),
        None => format!("{MARK}V{version} */"),
    }
}

const MARK: &str = "/* pgrefit ";

fn mark_of(sql: &str) -> Option<&str> {
    let end = sql.starts_with(MARK).then(|| sql.find("*/")).flatten()?;
    Some(&sql[..end + 2])
}

/// An error with its causes, on one line.
fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

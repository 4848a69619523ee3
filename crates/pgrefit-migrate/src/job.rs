//! What a run works on and with.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use pgrefit_catalog::{Catalog, Name};
use pgrefit_history::{Bounds, History, MigrationFile, OWN_TABLES};
use pgrefit_pg::introspect::Scope;
use pgrefit_pg::{
    Connector, Error as PgError, LockHolder, Pooler, ReadOnly, RunnerLock, Stop, detect_pooler,
};
use pgrefit_scratch::{Event, Home, Search};

use crate::Error;

/// A database and the migrations that belong to it.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// Opens sessions to the database.
    pub connector: &'a Connector,
    /// The migrations, sorted.
    pub files: &'a [MigrationFile],
    /// The name of the history table.
    pub table: &'a str,
    /// The version to stop at; `None` is the last one.
    pub target: Option<i64>,
    /// The limits of the run.
    pub bounds: Bounds,
    /// Asks the run to stop in order.
    pub stop: &'a Stop,
}

/// Where scratch servers are made.
pub struct Workshop<'a> {
    /// Its directories.
    pub home: Home,
    /// Where the binaries are looked for.
    pub search: Search<'a>,
    /// The command that cleans up after this process, if it is killed.
    pub supervisor: Option<(PathBuf, Vec<std::ffi::OsString>)>,
    /// Receives what the scratch server is doing.
    pub on_event: &'a dyn Fn(Event),
}

impl Job<'_> {
    /// Everything but the tables that record migrations.
    pub(crate) fn scope(&self, history: &History) -> Scope {
        self.own_tables(history).fold(Scope::everything(), Scope::without_relation)
    }

    /// The tables that record migrations.
    pub(crate) fn own_tables(&self, history: &History) -> impl Iterator<Item = Name> {
        [self.table].into_iter().chain(OWN_TABLES).map(|table| Name::new(&history.schema, table))
    }

    /// The schema of the database, without the tables that record migrations.
    ///
    /// Reading it is given up after 100 ms behind an ACCESS EXCLUSIVE lock, and an object that is dropped meanwhile is an
    /// error; both are tried again within the budget for locks.
    pub(crate) async fn catalog(&self, session: &mut ReadOnly) -> Result<Catalog, Error> {
        let history = History::read(session, self.table).await?;
        let scope = self.scope(&history);
        let start = Instant::now();
        let mut pause = Duration::from_millis(100);
        loop {
            match pgrefit_pg::introspect::catalog(session, &scope).await {
                Err(PgError::LockTimeout(_) | PgError::Exchange(_))
                    if start.elapsed() + pause < self.bounds.lock_budget =>
                {
                    tracing::warn!(target: "pgrefit", "a table is locked; reading the schema again in {} ms", pause.as_millis());
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(2));
                }
                outcome => return outcome.map_err(Error::Schema),
            }
        }
    }

    /// Gets the runner lock, unless asked to stop first.
    pub(crate) async fn lock(
        &self,
        busy: impl FnMut(Option<&LockHolder>) + Send,
    ) -> Result<RunnerLock, Error> {
        let _heed = self.stop.heed();
        tokio::select! {
            lock = RunnerLock::acquire(self.connector, self.bounds.runner_wait, busy) => Ok(lock?),
            () = self.stop.requested() => Err(Error::Stopped),
        }
    }

    /// Refuses to write through a pooler that hands each transaction to another session: what a session sets would stay
    /// behind in sessions of the application. Unless the connector sets nothing.
    ///
    /// # Errors
    /// [`Error::Pooler`]; the database cannot be reached.
    pub async fn refuse_pooler(&self) -> Result<(), Error> {
        if self.connector.is_through_pooler() {
            return Ok(());
        }
        match detect_pooler(self.connector).await? {
            Pooler::Transaction => Err(Error::Pooler),
            Pooler::None => Ok(()),
        }
    }
}

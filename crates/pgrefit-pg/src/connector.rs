//! Opens sessions of each kind with the same settings and limits.

mod dial;
mod login;
mod tapped;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::migrator::expected_settings;
use crate::session::{OnNotice, Session};
use crate::{Error, Migrator, ReadOnly, ServerError, Settings};
use login::SessionLogin;

pub(crate) use dial::{Dial, Login, Route};

pub(crate) use tapped::PlainWay;
pub use tapped::{MakeTap, Tap, TappedSession};

/// The time limits of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For each address that is tried, from the first packet to the end of the login. The `connect_timeout` of the
    /// settings, if given, goes before it.
    pub connect: Duration,
    /// `statement_timeout`. Zero is no limit for a [`Migrator`], and [`ReadOnly::STATEMENT_LIMIT`] for a [`ReadOnly`].
    pub statement: Duration,
    /// `lock_timeout` of a [`Migrator`]; zero is no limit. A [`ReadOnly`] has its own: 100 ms.
    pub lock: Duration,
}

impl Default for Limits {
    /// 10 s to connect, no limit for a statement, 2 s for a lock.
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), statement: Duration::ZERO, lock: Duration::from_secs(2) }
    }
}

/// Opens sessions to one database.
#[derive(Clone)]
pub struct Connector {
    settings: Settings,
    application_name: String,
    limits: Limits,
    on_notice: Option<OnNotice>,
    through_pooler: bool,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { settings, application_name, limits, on_notice: _, through_pooler } = self;
        let mut debug = f.debug_struct("Connector");
        debug.field("settings", settings).field("application_name", application_name).field("limits", limits);
        debug.field("through_pooler", through_pooler);
        debug.finish_non_exhaustive()
    }
}

impl Connector {
    /// A connector; nothing is opened yet.
    ///
    /// `application_name` is what `pg_stat_activity` shows, such as `pgrefit/0.1.0 migrate`; the settings' own
    /// `application_name`, if given, goes before it.
    #[must_use]
    pub fn new(settings: Settings, application_name: String, limits: Limits) -> Self {
        Self { settings, application_name, limits, on_notice: None, through_pooler: false }
    }

    /// Has `on_notice` called with every notice and warning of the server, in the sessions opened from now on.
    #[must_use]
    pub fn on_notice(self, on_notice: impl Fn(&ServerError) + Send + Sync + 'static) -> Self {
        Self { on_notice: Some(Arc::new(on_notice)), ..self }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Has the sessions opened from now on bear this `application_name`, whatever the settings say: for whoever must tell its own
    /// sessions from those of an application that bears the same name. PostgreSQL keeps its first 63 bytes.
    #[must_use]
    pub fn under_name(mut self, application_name: String) -> Self {
        self.settings.application_name = None;
        Self { application_name, ..self }
    }

    /// Has the sessions opened from now on begin with these settings, besides those they have: names and values as the
    /// server takes them, without blanks. `RESET` returns to them. A setting that the role may not make is an error of
    /// connecting.
    #[must_use]
    pub fn with_start_settings(mut self, settings: &[(&str, &str)]) -> Self {
        let more = settings.iter().map(|(name, value)| format!("-c {name}={value}"));
        let all: Vec<String> = self.settings.options.take().into_iter().chain(more).collect();
        self.settings.options = Some(all.join(" "));
        self
    }

    /// Has every [`Migrator`] from now on set nothing that outlives a transaction: for a pooler that gives each transaction
    /// another backend, which an application gets next.
    #[must_use]
    pub fn through_pooler(self) -> Self {
        Self { through_pooler: true, ..self }
    }

    /// Whether sessions go through a pooler in transaction mode.
    #[must_use]
    pub fn is_through_pooler(&self) -> bool {
        self.through_pooler
    }

    /// What [`Migrator::own_settings`] of a session will be on a server of this version; on a platform whose servers cannot
    /// look for closed connections, it lacks the last one.
    #[must_use]
    pub fn own_settings(&self, version_num: u32) -> Vec<String> {
        if self.through_pooler { Vec::new() } else { expected_settings(self.limits, version_num) }
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The same with other settings: of another database of the server, for another role.
    #[must_use]
    pub fn with_settings(&self, settings: Settings) -> Self {
        Self { settings, ..self.clone() }
    }

    /// Opens a session that cannot write.
    ///
    /// # Errors
    /// Any of the connecting phase; [`Error::NotReadOnly`] when the server did not take the setting.
    pub async fn read_only(&self) -> Result<ReadOnly, Error> {
        let session = self.open().await?;
        self.within("set up a read-only session", ReadOnly::start(session, self.limits)).await
    }

    /// Opens a session that may write.
    ///
    /// # Errors
    /// Any of the connecting phase.
    pub async fn migrator(&self) -> Result<Migrator, Error> {
        let session = self.open().await?;
        let limits = (!self.through_pooler).then_some(self.limits);
        self.within("set up a session", Migrator::start(session, limits)).await
    }

    pub(crate) async fn open(&self) -> Result<Session, Error> {
        self.dial(SessionLogin { on_notice: self.on_notice.clone() }).await
    }

    /// Opens a session of any kind.
    pub(crate) async fn dial<L: Login>(&self, login: L) -> Result<L::Session, Error> {
        let application_name = self.settings.application_name.as_deref().unwrap_or(&self.application_name);
        let dial = Dial { settings: &self.settings, application_name, limit: self.connect_limit(), login };
        // On the heap: as a part of its callers' futures it would make theirs too deep for the compiler to lay out.
        Box::pin(dial.run()).await
    }

    /// Bounds a short exchange by the limit for connecting: behind a pooler even the first query may wait.
    pub(crate) async fn within<T>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let limit = self.connect_limit();
        timeout(limit, work).await.unwrap_or_else(|_| Err(Error::Timeout { what: what.to_owned(), limit }))
    }

    fn connect_limit(&self) -> Duration {
        self.settings.connect_timeout.unwrap_or(self.limits.connect)
    }
}

//! Tries the servers of the settings until one takes the session: order, TLS, fallback, `target_session_attrs`.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;
use tokio_postgres::Config;
use tokio_postgres::config::{self, SslNegotiation};

use crate::error::Attempt;
use crate::session::SimpleRow;
use crate::settings::{Host, SslMode, Target};
use crate::tls::TlsClient;
use crate::{Error, Settings, tls};

/// One call for a session.
pub(crate) struct Dial<'a, L> {
    pub(crate) settings: &'a Settings,
    pub(crate) application_name: &'a str,
    /// For each address that is tried.
    pub(crate) limit: Duration,
    /// What kind of session.
    pub(crate) login: L,
}

/// How a session of one kind begins at an address.
pub(crate) trait Login {
    /// The session.
    type Session;

    /// Connects and logs in.
    async fn log_in(&self, route: Route<'_>) -> Result<Self::Session, Error>;

    /// What to look for when this is asked for.
    fn target(&self, asked: Target) -> Target {
        asked
    }

    /// Runs a query by the simple protocol.
    async fn ask(&self, session: &mut Self::Session, sql: &str) -> Result<Vec<SimpleRow>, Error>;
}

/// One attempt at one address.
pub(crate) struct Route<'a> {
    /// Who logs in, and how.
    pub(crate) config: Config,
    pub(crate) host: &'a Host,
    /// None for a Unix socket.
    pub(crate) address: Option<SocketAddr>,
    /// None for a plain connection.
    pub(crate) tls: Option<&'a TlsClient>,
    pub(crate) settings: &'a Settings,
    pub(crate) limit: Duration,
    /// The host in errors.
    pub(crate) label: String,
}

impl Route<'_> {
    /// What a failed login was about.
    pub(crate) fn refused(&self, error: tokio_postgres::Error) -> Error {
        let Settings { user, database, .. } = self.settings;
        Error::in_attempt(error, Attempt { host: &self.label, user, database })
    }
}

impl<L: Login> Dial<'_, L> {
    /// The first session that the settings accept.
    pub(crate) async fn run(&self) -> Result<L::Session, Error> {
        let tls = self.tls_client()?;
        match self.login.target(self.settings.target) {
            Target::PreferStandby => match self.try_hosts(Target::Standby, tls.as_ref()).await {
                Err(error) if moves_on(&error) => self.try_hosts(Target::Any, tls.as_ref()).await,
                done => done,
            },
            target => self.try_hosts(target, tls.as_ref()).await,
        }
    }

    fn tls_client(&self) -> Result<Option<TlsClient>, Error> {
        let needed =
            self.settings.tls.mode != SslMode::Disable && !self.settings.hosts.iter().all(Host::is_unix);
        needed.then(|| tls::client(&self.settings.tls)).transpose()
    }

    async fn try_hosts(&self, target: Target, tls: Option<&TlsClient>) -> Result<L::Session, Error> {
        let mut hosts: Vec<&Host> = self.settings.hosts.iter().collect();
        if self.settings.shuffle_hosts {
            fastrand::shuffle(&mut hosts);
        }
        let mut last = None;
        for host in hosts {
            match self.try_host(host, target, tls).await {
                Err(error) if moves_on(&error) => {
                    tracing::debug!("{error}; trying the next server, if any");
                    last = Some(error);
                }
                done => return done,
            }
        }
        Err(last.unwrap_or_else(|| no_address("the settings")))
    }

    async fn try_host(
        &self,
        host: &Host,
        target: Target,
        tls: Option<&TlsClient>,
    ) -> Result<L::Session, Error> {
        let mut last = no_address(&host.to_string());
        for address in self.addresses(host).await? {
            match self.try_address(host, address, target, tls).await {
                Err(error) if moves_on(&error) => last = error,
                done => return done,
            }
        }
        Err(last)
    }

    /// The numeric addresses of a host; one `None` for a Unix socket.
    async fn addresses(&self, host: &Host) -> Result<Vec<Option<SocketAddr>>, Error> {
        if host.is_unix() {
            return Ok(vec![None]);
        }
        if let Some(address) = host.address {
            return Ok(vec![Some((address, host.port).into())]);
        }
        let found =
            self.within(format!("look up {host}"), lookup_host((host.name.as_str(), host.port))).await?;
        let found = found.map_err(|source| Error::Unreachable { host: host.to_string(), source })?;
        let mut addresses: Vec<_> = found.map(Some).collect();
        if self.settings.shuffle_hosts {
            fastrand::shuffle(&mut addresses);
        }
        Ok(addresses)
    }

    async fn try_address(
        &self,
        host: &Host,
        address: Option<SocketAddr>,
        target: Target,
        tls: Option<&TlsClient>,
    ) -> Result<L::Session, Error> {
        self.within(format!("connect to {host}"), async {
            let mut session = self.negotiate(host, address, tls.filter(|_| address.is_some())).await?;
            if self.satisfies(&mut session, target).await? {
                return Ok(session);
            }
            Err(Error::TargetSession { wanted: target.word(), host: host.to_string() })
        })
        .await?
    }

    /// libpq's order of plain and encrypted attempts ("SSL Mode Descriptions" in the manual).
    async fn negotiate(
        &self,
        host: &Host,
        address: Option<SocketAddr>,
        tls: Option<&TlsClient>,
    ) -> Result<L::Session, Error> {
        let Some(tls) = tls else { return self.open(host, address, None).await };
        match self.settings.tls.mode {
            SslMode::Disable => self.open(host, address, None).await,
            SslMode::Allow => match self.open(host, address, None).await {
                Err(error) if not_admitted(&error) => self.open(host, address, Some(tls)).await,
                done => done,
            },
            SslMode::Prefer => match self.open(host, address, Some(tls)).await {
                Err(error) if not_admitted(&error) || matches!(error, Error::Tls { .. }) => {
                    tracing::debug!("{error}; trying without TLS");
                    self.open(host, address, None).await
                }
                done => done,
            },
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => {
                self.open(host, address, Some(tls)).await
            }
        }
    }

    async fn open(
        &self,
        host: &Host,
        address: Option<SocketAddr>,
        tls: Option<&TlsClient>,
    ) -> Result<L::Session, Error> {
        let (config, label) = (self.config(host, address, tls.is_some()), host.to_string());
        let Self { settings, limit, .. } = *self;
        self.login.log_in(Route { config, host, address, tls, settings, limit, label }).await
    }

    fn config(&self, host: &Host, address: Option<SocketAddr>, encrypted: bool) -> Config {
        let Settings { user, database, options, tls, keepalive, .. } = self.settings;
        let mut config = Config::new();
        config
            .host(&host.name)
            .port(host.port)
            .user(user)
            .dbname(database)
            .application_name(self.application_name);
        if let Some(address) = address {
            config.hostaddr(address.ip());
        }
        if let Some(password) = &host.password {
            config.password(password.expose());
        }
        if let Some(options) = options {
            config.options(options);
        }
        let mode = match (encrypted, tls.mode) {
            (false, _) => config::SslMode::Disable,
            // A server without TLS then gets the login on the same connection.
            (true, SslMode::Prefer) => config::SslMode::Prefer,
            (true, _) => config::SslMode::Require,
        };
        config.ssl_mode(mode).channel_binding(tls.channel_binding).connect_timeout(self.limit);
        if encrypted && tls.direct {
            config.ssl_negotiation(SslNegotiation::Direct);
        }
        config
            .keepalives(keepalive.on)
            .keepalives_idle(keepalive.idle)
            .keepalives_interval(keepalive.interval);
        config.keepalives_retries(keepalive.retries).tcp_user_timeout(keepalive.user_timeout);
        config
    }

    async fn satisfies(&self, session: &mut L::Session, target: Target) -> Result<bool, Error> {
        if target == Target::Any {
            return Ok(true);
        }
        let sql =
            "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only')";
        let rows = self.login.ask(session, sql).await?;
        let is = |column: usize, text: &str| {
            rows.first().and_then(|row| row.get(column)?.as_deref()) == Some(text)
        };
        let (standby, read_only) = (is(0, "t"), is(1, "on"));
        Ok(match target {
            Target::ReadWrite => !read_only,
            Target::ReadOnly => read_only,
            Target::Primary => !standby,
            Target::Standby => standby,
            Target::Any | Target::PreferStandby => true,
        })
    }

    async fn within<T>(&self, what: String, work: impl Future<Output = T>) -> Result<T, Error> {
        timeout(self.limit, work).await.map_err(|_| Error::Timeout { what, limit: self.limit })
    }
}

/// libpq goes to the next server when one is not there or of the wrong kind, but not when it refuses the login.
fn moves_on(error: &Error) -> bool {
    matches!(
        error,
        Error::Unreachable { .. }
            | Error::Timeout { .. }
            | Error::NotAccepting(_)
            | Error::TargetSession { .. }
    )
}

/// `pg_hba.conf` turned the connection down (28000), which it may not do with the other kind of connection. A wrong
/// password (28P01) is as wrong there.
fn not_admitted(error: &Error) -> bool {
    matches!(error, Error::Authentication { .. })
        && error.server().is_some_and(|server| server.sqlstate == "28000")
}

fn no_address(host: &str) -> Error {
    Error::Unreachable {
        host: host.to_owned(),
        source: io::Error::new(io::ErrorKind::NotFound, "the name has no address"),
    }
}

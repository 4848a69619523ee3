//! A server for one test, with a table of 100,000 rows.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use pgrefit_bench::{Measured, Options, Query, measure};
use pgrefit_pg::{Connector, Limits, Migrator, Settings, Stop};
use pgrefit_scratch::{Binaries, Home, Options as ServerOptions, Search, Server};

pub(crate) const SETUP: &str = include_str!("setup.sql");

pub(crate) struct Place {
    pub(crate) server: Server,
    pub(crate) major: u32,
}

impl Place {
    /// A server of each version that `PGREFIT_TEST_PG` names, else of the one that ships with pgrefit, with the tables.
    pub(crate) async fn all() -> Vec<Self> {
        let named = std::env::var("PGREFIT_TEST_PG").unwrap_or_else(|_| "18".to_owned());
        let versions = named.split([',', ' ']).filter(|version| !version.is_empty());
        let mut places = Vec::new();
        for version in versions {
            let place = Self::start(version.parse().expect("a list of versions"), &[]);
            place.admin().await.batch(SETUP).await.expect("set up");
            places.push(place);
        }
        places
    }

    /// One server of the version that ships with pgrefit, with the tables.
    pub(crate) async fn new() -> Self {
        let place = Self::start(18, &[]);
        place.admin().await.batch(SETUP).await.expect("set up");
        place
    }

    pub(crate) fn start(major: u32, settings: &[(&str, &str)]) -> Self {
        let uid = tempfile::NamedTempFile::new().expect("a file").path().metadata().expect("metadata").uid();
        let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let home = Home::default_for(variable("HOME").as_deref(), variable("XDG_CACHE_HOME").as_deref(), uid);
        let bin_dir = variable(&format!("PGREFIT_PG_BIN_{major}"));
        let search = Search { major: Some(major), bin_dir, ..Search::default() };
        let binaries = Binaries::find(&home, &search).expect("binaries");
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let options = ServerOptions { settings, ..ServerOptions::default() };
        Self { server: Server::start(&home, &binaries, &options).expect("the server starts"), major }
    }

    pub(crate) fn connector(&self) -> Connector {
        connector(self.server.url("postgres").expose(), "pgrefit/bench")
    }

    /// As an application whose URL says how it is called.
    pub(crate) fn connector_called(&self, application_name: &str) -> Connector {
        let url = self.server.url("postgres");
        let separator = if url.expose().contains('?') { '&' } else { '?' };
        connector(&format!("{}{separator}application_name={application_name}", url.expose()), "pgrefit/bench")
    }

    /// The superuser's password.
    pub(crate) fn password(&self) -> String {
        let url = self.server.url("postgres").expose().to_owned();
        url.split('@').next().and_then(|start| start.rsplit(':').next()).expect("a password").to_owned()
    }

    /// Of a role that was made with its name as password.
    pub(crate) fn connector_of(&self, role: &str) -> Connector {
        connector(
            &format!("postgres://{role}:{role}@127.0.0.1:{}/postgres", self.server.port()),
            "pgrefit/bench",
        )
    }

    pub(crate) async fn admin(&self) -> Migrator {
        connector(self.server.url("postgres").expose(), "admin").migrator().await.expect("a session")
    }

    pub(crate) async fn measure(&self, queries: &[Query], options: &Options) -> Measured {
        measure(&self.connector(), queries, options, &Stop::default(), &|_| {}).await.expect("measured")
    }
}

fn connector(url: &str, name: &str) -> Connector {
    let settings = Settings::resolve(Some(url), &|_| None).expect("settings");
    let limits = Limits { connect: Duration::from_secs(5), ..Limits::default() };
    Connector::new(settings, name.to_owned(), limits)
}

/// A query with two seconds.
pub(crate) fn query(name: &str, sql: &str) -> Query {
    Query::new(name, sql, Duration::from_secs(2))
}

/// Few runs.
pub(crate) fn quick() -> Options {
    Options { runs: 5, warmups: 1, ..Options::default() }
}

/// Ends every session that measures or replays.
pub(crate) async fn kill_sessions(admin: &mut Migrator) {
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'pgrefit/bench'";
    let rows = admin.simple(sql).await.expect("ended");
    assert_ne!(rows[0][0].as_deref(), Some("0"), "there was no session");
}

//! A real server for one test, and loads on it.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use pgrefit_load::{Drawn, LoadOptions, LoadRun, LoadStatement, Pace, Workload, draw, run};
use pgrefit_pg::{Connector, Limits, Migrator, Settings, Stop};
use pgrefit_scratch::{Binaries, Home, Options as ServerOptions, Search, Server};

/// A server that ends with the value.
pub(crate) struct Place {
    pub(crate) server: Server,
    pub(crate) has_pgvector: bool,
}

impl Place {
    /// A server of each version that `PGREFIT_TEST_PG` names, else of the one that ships with pgrefit.
    pub(crate) fn all() -> Vec<Self> {
        let named = std::env::var("PGREFIT_TEST_PG").unwrap_or_else(|_| "18".to_owned());
        let versions = named.split([',', ' ']).filter(|version| !version.is_empty());
        versions.map(|version| Self::start(version.parse().expect("a version"))).collect()
    }

    /// Of the first of them.
    pub(crate) fn one() -> Self {
        let named = std::env::var("PGREFIT_TEST_PG").unwrap_or_else(|_| "18".to_owned());
        let first = named.split([',', ' ']).find(|version| !version.is_empty()).expect("a version");
        Self::start(first.parse().expect("a version"))
    }

    fn start(major: u32) -> Self {
        let own_file = tempfile::NamedTempFile::new().expect("a file");
        let uid = own_file.path().metadata().expect("metadata").uid();
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        let (user_home, xdg_cache) = (variable("HOME"), variable("XDG_CACHE_HOME"));
        let home = Home::default_for(user_home.as_deref(), xdg_cache.as_deref(), uid);
        let own = std::env::var_os(format!("PGREFIT_PG_BIN_{major}")).map(PathBuf::from);
        let search = Search { major: Some(major), bin_dir: own, ..Search::default() };
        let binaries = Binaries::find(&home, &search).expect("binaries");
        let server = Server::start(&home, &binaries, &ServerOptions::default()).expect("the server starts");
        Self { server, has_pgvector: binaries.has_pgvector }
    }

    pub(crate) fn connector(&self) -> Connector {
        let url = self.server.url("postgres");
        let settings = Settings::resolve(Some(url.expose()), &|_| None).expect("settings");
        Connector::new(settings, "load".to_owned(), Limits::default())
    }

    pub(crate) async fn migrator(&self) -> Migrator {
        self.connector().migrator().await.expect("a session")
    }

    /// Runs this script.
    pub(crate) async fn setup(&self, sql: &str) {
        self.migrator().await.batch(sql).await.expect(sql);
    }

    pub(crate) async fn draw(&self, workload: &Workload) -> Drawn {
        let session = self.connector().read_only().await.expect("a session");
        draw(&session, workload).await.expect("drawn")
    }

    pub(crate) async fn drawn(&self, statements: &[LoadStatement]) -> Drawn {
        self.draw(&Workload { name: "test".to_owned(), statements: statements.to_vec() }).await
    }

    /// Runs a load of one statement without parameters.
    pub(crate) async fn load(&self, sql: &str, options: &LoadOptions) -> LoadRun {
        let drawn = self.drawn(&[LoadStatement::new("one", sql)]).await;
        self.run(&drawn, options).await
    }

    pub(crate) async fn run(&self, drawn: &Drawn, options: &LoadOptions) -> LoadRun {
        run(&self.connector(), drawn, options, &Stop::default(), |_| {}).await.expect("it ran")
    }
}

/// A closed loop of so many connections and as many users, for a second after a tenth.
pub(crate) fn closed(connections: usize) -> LoadOptions {
    LoadOptions {
        connections,
        pace: users(connections, 0),
        warm_up: Duration::from_millis(100),
        duration: Duration::from_secs(1),
        ..LoadOptions::default()
    }
}

pub(crate) fn users(users: usize, think_ms: u64) -> Pace {
    Pace::Closed { users, think: Duration::from_millis(think_ms) }
}

//! A real server for one test, and rehearsals on it.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pgrefit_history::{Bounds, MigrationFile};
use pgrefit_pg::{Connector, Limits, Migrator, Settings, Stop};
use pgrefit_rehearse::{Error, LockTrace, Options, StepTrace, StepWay, Trace, Traffic, trace};
use pgrefit_scratch::{Binaries, Home, Options as ServerOptions, Search, Server};

/// A server that ends with the value.
pub(crate) struct Place {
    pub(crate) major: u32,
    server: Server,
}

pub(crate) const TABLE: &str = "refinery_schema_history";

pub(crate) const BOUNDS: Bounds = Bounds {
    runner_wait: Duration::from_secs(5),
    lock_timeout: Duration::from_secs(5),
    statement_timeout: Duration::from_mins(1),
    lock_budget: Duration::from_secs(20),
    wait_for_gap: false,
    reconnect_wait: Duration::from_secs(5),
    batch_target: Duration::from_millis(100),
    replica_lag_max: Duration::from_secs(10),
};

impl Place {
    /// A server of each version that `PGREFIT_TEST_PG` names, else of the one that ships with pgrefit.
    pub(crate) fn all() -> Vec<Self> {
        let named = std::env::var("PGREFIT_TEST_PG").unwrap_or_else(|_| "18".to_owned());
        let versions = named.split([',', ' ']).filter(|version| !version.is_empty());
        versions.map(|version| Self::start(version.parse().expect("a version"))).collect()
    }

    /// Of the first of them.
    pub(crate) fn one() -> Self {
        Self::all().swap_remove(0)
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
        Self { major, server }
    }

    /// Makes a database with this content.
    pub(crate) async fn database(&self, name: &str, setup: &str) -> Connector {
        let mut postgres = self.connector("postgres").migrator().await.expect("a session");
        postgres.batch(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.expect("created");
        let connector = self.connector(name);
        connector.migrator().await.expect("a session").batch(setup).await.expect("set up");
        connector
    }

    pub(crate) async fn drop_database(&self, name: &str) {
        let mut postgres = self.connector("postgres").migrator().await.expect("a session");
        postgres.batch(&format!("DROP DATABASE {name} WITH (FORCE)")).await.expect("dropped");
    }

    pub(crate) fn connector(&self, database: &str) -> Connector {
        let url = self.server.url(database);
        let settings = Settings::resolve(Some(url.expose()), &|_| None).expect("settings");
        Connector::new(settings, "rehearse".to_owned(), Limits::default())
    }

    /// The same as another role, whose password is `x`.
    pub(crate) fn connector_as(&self, role: &str, database: &str) -> Connector {
        let url = format!("postgres://{role}:x@127.0.0.1:{}/{database}", self.server.port());
        let settings = Settings::resolve(Some(&url), &|_| None).expect("settings");
        Connector::new(settings, "rehearse".to_owned(), Limits::default())
    }
}

/// Files `V1__m.sql`, `V2__m.sql`, … with these texts.
pub(crate) fn files(texts: &[&str]) -> Vec<MigrationFile> {
    let file = |(index, text): (usize, &&str)| {
        let path = format!("migrations/V{}__m.sql", index + 1);
        MigrationFile::new(Path::new(&path), text.as_bytes().to_vec()).expect("a migration")
    };
    texts.iter().enumerate().map(file).collect()
}

/// Rehearses these files.
pub(crate) async fn rehearse(connector: &Connector, texts: &[&str]) -> Trace {
    rehearse_with(connector, texts, &Options::for_own_server(), None).await.expect("a trace")
}

pub(crate) async fn rehearse_with(
    connector: &Connector,
    texts: &[&str],
    options: &Options,
    traffic: Option<Traffic<'_>>,
) -> Result<Trace, Error> {
    let stop = Stop::default();
    let files = files(texts);
    Box::pin(trace(connector, &files, TABLE, None, BOUNDS, options, traffic, &stop, &mut |_| {})).await
}

/// The strongest lock on each relation that existed before, `table MODE`. What runs on its own takes ACCESS EXCLUSIVE for a
/// moment on indexes that nobody uses any more; only locks on the tables themselves are told then.
pub(crate) fn strongest(step: &StepTrace) -> Vec<String> {
    let mut strongest = BTreeMap::new();
    let counts = |lock: &&LockTrace| {
        let is_meant = step.way == StepWay::Transaction || !lock.on_parts_only;
        lock.existed_before && lock.granted_ms.is_some() && is_meant
    };
    for lock in step.locks.iter().filter(counts) {
        let mode = strongest.entry(lock.relation.as_str()).or_insert(lock.mode);
        *mode = lock.mode.max(*mode);
    }
    strongest
        .into_iter()
        .map(|(relation, mode)| format!("{} {}", relation.trim_start_matches("public."), mode.sql()))
        .collect()
}

/// The single value of a query, as text.
pub(crate) async fn ask(session: &mut Migrator, sql: &str) -> String {
    let rows = session.simple(sql).await.expect(sql);
    rows.first().and_then(|row| row.first()?.clone()).unwrap_or_else(|| "NULL".to_owned())
}

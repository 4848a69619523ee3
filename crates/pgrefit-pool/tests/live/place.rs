//! A real server for one test, pools on it, and a session that looks at it from outside.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use pgrefit_pg::{Connector, Limits, Migrator};
use pgrefit_pool::{CloseReason, Metrics, Pool, PoolConfig, Settings};
use pgrefit_scratch::{Binaries, Home, Options, Search, Server};

/// A server that ends with the value.
pub(crate) struct Place {
    pub(crate) major: u32,
    pub(crate) server: Server,
}

impl Place {
    /// A server of each version that `PGREFIT_TEST_PG` names, else of the one that ships with pgrefit; one after the other.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let named = std::env::var("PGREFIT_TEST_PG").unwrap_or_else(|_| "18".to_owned());
        let versions: Vec<u32> = named
            .split([',', ' '])
            .filter(|version| !version.is_empty())
            .map(|version| version.parse().expect("a version"))
            .collect();
        versions.into_iter().map(Self::start)
    }

    /// Of the first of them.
    pub(crate) fn one() -> Self {
        Self::all().next().expect("a version")
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
        let server = Server::start(&home, &binaries, &Options::default()).expect("the server starts");
        Self { major, server }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url("postgres").expose().to_owned()
    }

    /// A pool with these settings, under its own metrics.
    pub(crate) fn pool(&self, config: PoolConfig) -> Pool {
        pool(&self.url(), config)
    }

    pub(crate) fn pool_of(&self, connections_max: usize) -> Pool {
        self.pool(PoolConfig::named("test", connections_max))
    }

    /// What it takes to open a connection and ask something: 5 ms, and ten times that on a machine that is busy with other tests. Times
    /// that are promised are promised beyond that.
    pub(crate) async fn time_of_login(&self) -> Duration {
        let pool = self.pool(PoolConfig::named("login", 1));
        let began = Instant::now();
        pool.get().await.expect("a connection").query("SELECT 1", &[]).await.expect("a row");
        began.elapsed()
    }

    pub(crate) async fn observer(&self) -> Observer {
        let settings = settings(&self.url());
        let connector = Connector::new(settings, "observer".to_owned(), Limits::default());
        Observer(connector.migrator().await.expect("a session"))
    }
}

pub(crate) fn settings(url: &str) -> Settings {
    Settings::resolve(Some(url), &|_| None).expect("settings")
}

pub(crate) fn pool(url: &str, config: PoolConfig) -> Pool {
    let metrics = Metrics::new().expect("metrics");
    Pool::new(settings(url), config, &metrics).expect("a pool")
}

/// A session that looks at the server from outside of any pool.
pub(crate) struct Observer(pub(crate) Migrator);

impl Observer {
    /// The single value of a query, as text.
    pub(crate) async fn ask(&mut self, sql: &str) -> String {
        let rows = self.0.simple(sql).await.expect(sql);
        rows.first().and_then(|row| row.first()?.clone()).unwrap_or_else(|| "NULL".to_owned())
    }

    pub(crate) async fn run(&mut self, sql: &str) {
        self.0.batch(sql).await.expect(sql);
    }

    /// How long it takes from now until the query answers this; at most 10 s.
    pub(crate) async fn time_until(&mut self, sql: &str, answer: &str) -> Duration {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(10) {
            if self.ask(sql).await == answer {
                return began.elapsed();
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("{sql} does not become {answer}");
    }
}

/// Waits until the condition holds; at most 10 s.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(10), "not within 10 s: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Nothing is in use any more, and the counters add up: as many connections were closed as were opened and are not open, and each
/// that was handed out came back.
pub(crate) async fn adds_up(pool: &Pool) {
    until("in use is 0", || pool.status().used == 0).await;
    let metrics = pool.metrics();
    let (opened, open) = (metrics.create.count(), pool.status().open as u64);
    assert_eq!(opened, metrics.closed_in_all() + open, "opened = closed + open: {:?}", closed(pool));
    assert_eq!(metrics.wait.count(), metrics.hold.count(), "handed out = came back");
    assert_eq!(metrics.age.count(), metrics.closed_in_all());
    assert_eq!(pool.status().waiting, 0);
}

/// The reasons for which connections were closed, with their numbers.
pub(crate) fn closed(pool: &Pool) -> Vec<(CloseReason, u64)> {
    let all = CloseReason::ALL.iter().map(|reason| (*reason, pool.metrics().closed(*reason).count()));
    all.filter(|(_, count)| *count > 0).collect()
}

/// Says that a test did not look, so that its success is not misread.
#[expect(clippy::print_stdout, reason = "the test runner shows it to whoever asks for the output")]
pub(crate) fn skipped(why: &str) {
    println!("skipped: {why}");
}

//! A database of its own for each test, on a server that all tests of a run share.
//!
//! Every test may be a process of its own, so that a server must outlive each of them: it is shared by key, and goes when
//! its last user has gone, however that ended.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use pgrefit_pg::{Connector, Limits, Settings, SimpleRow};
use pgrefit_scratch::{Binaries, Home, Options, Search, Server};

use super::wait;

/// The supported versions that this run tests on: those of `PGREFIT_TEST_PG`, else the one that ships with pgrefit.
pub(crate) fn versions() -> Vec<u32> {
    let named = std::env::var("PGREFIT_TEST_PG").unwrap_or_else(|_| "18".to_owned());
    let versions = named.split([',', ' ']).filter(|version| !version.is_empty());
    versions.map(|version| version.parse().expect("PGREFIT_TEST_PG is a list of versions")).collect()
}

/// A database on a shared server. It goes with the server.
pub(crate) struct Database {
    pub(crate) server: Server,
    pub(crate) name: String,
}

impl Database {
    /// An empty database on the version that ships with pgrefit.
    pub(crate) fn new() -> Self {
        Self::on(18)
    }

    /// An empty database on a version.
    pub(crate) fn on(major: u32) -> Self {
        Self::within(server(major))
    }

    /// An empty database on a server of its own, which goes with it: one that may be stopped. What is committed survives
    /// that.
    pub(crate) fn alone() -> Self {
        Self::alone_on(18, &[("synchronous_commit", "on")])
    }

    /// An empty database on a server of its own of a version, with these settings.
    pub(crate) fn alone_on(major: u32, settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let options =
            Options { supervisor: Some(supervisor()), settings: settings.collect(), ..Options::default() };
        Self::within(Server::start(&home(), &binaries(major), &options).unwrap())
    }

    fn within(server: Server) -> Self {
        let name = next_name();
        sql_at(server.url("postgres").expose(), &format!("CREATE DATABASE {name}"));
        Self { server, name }
    }

    /// Goes over to another database on the same server.
    pub(crate) fn go_to(&mut self, name: String) {
        self.name = name;
    }

    /// The Doc Server as found in production, with a few documents: orphans, NULLs, every kind of trouble.
    pub(crate) fn legacy() -> Self {
        let database = Self::new();
        database.sql(include_str!("../../../../../docs/docserver/legacy.sql"));
        database.sql(include_str!("../fixtures/documents.sql"));
        database
    }

    /// The same with `doc_type` columns of type `text`, as in newer installations.
    pub(crate) fn legacy_text() -> Self {
        let database = Self::legacy();
        database.sql(include_str!("../../../../../docs/docserver/text_doc_type.sql"));
        database
    }

    /// Its URL for the superuser, password included.
    pub(crate) fn url(&self) -> String {
        self.server.url(&self.name).expose().to_owned()
    }

    /// Its URL for another role.
    pub(crate) fn url_as(&self, user: &str, password: &str) -> String {
        format!("postgres://{user}:{password}@127.0.0.1:{}/{}", self.server.port(), self.name)
    }

    /// Its URL for the superuser at another port, where somebody passes on what is sent.
    pub(crate) fn url_at(&self, port: u16) -> String {
        self.url().replace(&format!(":{}/", self.server.port()), &format!(":{port}/"))
    }

    /// The superuser's password.
    pub(crate) fn password(&self) -> String {
        let url = self.url();
        url.split(['@'])
            .next()
            .and_then(|start| start.rsplit(':').next())
            .expect("the URL has a password")
            .to_owned()
    }

    /// Runs statements as the superuser and returns the rows of all of them.
    pub(crate) fn sql(&self, sql: &str) -> Vec<SimpleRow> {
        sql_at(&self.url(), sql)
    }

    /// The single value of a query.
    pub(crate) fn value(&self, sql: &str) -> String {
        let rows = self.sql(sql);
        rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()).unwrap_or_default()
    }

    /// A connector for this database.
    pub(crate) fn connector(&self) -> Connector {
        connector(&self.url())
    }

    /// A connector for the database `postgres` of its server.
    pub(crate) fn maintenance(&self) -> Connector {
        connector(self.server.url("postgres").expose())
    }

    /// The fingerprint of its schema, without the tables that record migrations.
    pub(crate) fn fingerprint(&self) -> String {
        use pgrefit_catalog::Name;
        let scope = pgrefit_pg::introspect::Scope::everything()
            .without_relation(Name::new("public", "refinery_schema_history"))
            .without_relation(Name::new("public", "pgrefit_migration"))
            .without_relation(Name::new("public", "pgrefit_step"));
        wait(async {
            let mut session = self.connector().read_only().await.unwrap();
            pgrefit_pg::introspect::catalog(&mut session, &scope).await.unwrap().fingerprint()
        })
    }

    /// `version:name` of the recorded migrations, in order.
    pub(crate) fn history(&self) -> Vec<String> {
        let rows = self.sql("SELECT version || ':' || name FROM refinery_schema_history ORDER BY version");
        rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
    }

    /// Whether a table exists.
    pub(crate) fn has_table(&self, name: &str) -> bool {
        self.value(&format!("SELECT to_regclass('{name}') IS NOT NULL")) == "t"
    }
}

/// Runs statements on the database of a URL.
pub(crate) fn sql_at(url: &str, sql: &str) -> Vec<SimpleRow> {
    wait(async { connector(url).migrator().await.unwrap().simple(sql).await.unwrap() })
}

fn connector(url: &str) -> Connector {
    let settings = Settings::resolve(Some(url), &|_| None).unwrap();
    Connector::new(settings, "pgrefit test".to_owned(), Limits::default())
}

/// A name that no other database and no other role has: the server outlives this process, whose number may come again.
pub(crate) fn next_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    static BEGUN: LazyLock<u64> = LazyLock::new(|| {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
    });
    format!("t{:x}_{}_{}", *BEGUN, std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

fn supervisor() -> (PathBuf, Vec<OsString>) {
    (env!("CARGO_BIN_EXE_pgrefit").into(), vec!["scratch".into(), "supervise".into()])
}

/// The server of a version, shared by all tests of this run and of runs at the same time.
fn server(major: u32) -> Server {
    let options = Options {
        supervisor: Some(supervisor()),
        settings: vec![("max_connections".into(), "200".into())],
        ..Options::default()
    };
    let key = format!("it-{major}").parse().unwrap();
    Server::share(&home(), &key, &binaries(major), &options).unwrap()
}

/// PostgreSQL of a version.
fn binaries(major: u32) -> Binaries {
    let bin_dir = std::env::var_os(format!("PGREFIT_PG_BIN_{major}")).map(PathBuf::from);
    let search = Search { bin_dir, major: Some(major), ..Search::default() };
    Binaries::find(&home(), &search).unwrap()
}

/// The directories of the user that runs the tests.
pub(crate) fn home() -> Home {
    let path = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let user = nix::unistd::geteuid().as_raw();
    Home::default_for(path("HOME").as_deref(), path("XDG_CACHE_HOME").as_deref(), user)
}

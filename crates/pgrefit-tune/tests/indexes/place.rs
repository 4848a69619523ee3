//! A server for one test, and searches on it.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use pgrefit_pg::{Connector, Limits, Migrator, Settings, Stop};
use pgrefit_scratch::{Binaries, Home, Options as ServerOptions, Search, Server};
use pgrefit_tune::indexes::{Event, Found, Options, Statement, WritableCopy, find};

/// A server that ends with the value.
pub(crate) struct Place {
    pub(crate) server: Server,
    pub(crate) major: u32,
}

impl Place {
    /// A server of each version that `PGREFIT_TEST_PG` names, else of the one that ships with pgrefit.
    pub(crate) fn all() -> Vec<Self> {
        let named = std::env::var("PGREFIT_TEST_PG").unwrap_or_else(|_| "18".to_owned());
        let versions = named.split([',', ' ']).filter(|version| !version.is_empty());
        versions.map(|version| Self::start(version.parse().expect("a version"), &[])).collect()
    }

    /// Of the version that ships with pgrefit.
    pub(crate) fn new() -> Self {
        Self::start(18, &[])
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

    pub(crate) fn connector(&self, database: &str) -> Connector {
        connector(self.server.url(database).expose())
    }

    /// As a role that was made with its name as password.
    pub(crate) fn connector_of(&self, role: &str, database: &str) -> Connector {
        connector(&format!("postgres://{role}:{role}@127.0.0.1:{}/{database}", self.server.port()))
    }

    /// Makes a database with this content.
    pub(crate) async fn database(&self, name: &str, setup: &str) -> Migrator {
        let mut postgres = self.connector("postgres").migrator().await.expect("a session");
        postgres.batch(&format!("CREATE DATABASE {name}")).await.expect("created");
        let mut session = self.connector(name).migrator().await.expect("a session");
        session.batch(setup).await.expect("set up");
        session
    }

    pub(crate) fn copy(&self, database: &str) -> WritableCopy {
        WritableCopy::on_scratch(&self.server, database, &self.connector(database)).expect("a copy")
    }

    pub(crate) async fn find(&self, database: &str, statements: &[Statement], options: &Options) -> Found {
        let stop = Stop::default();
        let mut on_event = |_: Event| ();
        Box::pin(find(&self.copy(database), statements, options, &stop, &mut on_event)).await.expect("found")
    }
}

fn connector(url: &str) -> Connector {
    let settings = Settings::resolve(Some(url), &|_| None).expect("settings");
    let limits = Limits { connect: Duration::from_secs(5), ..Limits::default() };
    Connector::new(settings, "tune".to_owned(), limits)
}

/// The rows of a query as text.
pub(crate) async fn rows(session: &mut Migrator, sql: &str) -> Vec<Vec<String>> {
    let rows = session.simple(sql).await.expect(sql);
    rows.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).collect()
}

/// Everything that must be the same after a search: definitions of indexes, and the rows of all tables.
pub(crate) async fn standing(session: &mut Migrator) -> Vec<Vec<String>> {
    let mut found =
        rows(session, "SELECT indexdef FROM pg_indexes WHERE schemaname NOT LIKE 'pg\\_%' ORDER BY 1").await;
    let tables = "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' \
                  AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1";
    for table in rows(session, tables).await.concat() {
        let sql = format!("SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {table} AS t");
        found.extend(rows(session, &sql).await);
    }
    found
}

//! A real server for one test.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use pgrefit_pg::{Connector, Limits, Migrator, Settings};
use pgrefit_scratch::{Binaries, Home, Options, Search, Server};
use pgrefit_tune::server::{Facts, Given, TrialPlace};

/// A server that ends with the value.
pub(crate) struct Place {
    pub(crate) major: u32,
    pub(crate) server: Server,
    pub(crate) home: Home,
    pub(crate) binaries: Binaries,
}

impl Place {
    /// A server of each version that `PGREFIT_TEST_PG` names, else of the one that ships with pgrefit.
    pub(crate) fn all() -> Vec<Self> {
        let named = std::env::var("PGREFIT_TEST_PG").unwrap_or_else(|_| "18".to_owned());
        let versions = named.split([',', ' ']).filter(|version| !version.is_empty());
        versions.map(|version| Self::start(version.parse().expect("a version"), &[])).collect()
    }

    pub(crate) fn one(settings: &[(&str, &str)]) -> Self {
        Self::start(18, settings)
    }

    fn start(major: u32, settings: &[(&str, &str)]) -> Self {
        let own_file = tempfile::NamedTempFile::new().expect("a file");
        let uid = own_file.path().metadata().expect("metadata").uid();
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        let (user_home, xdg_cache) = (variable("HOME"), variable("XDG_CACHE_HOME"));
        let home = Home::default_for(user_home.as_deref(), xdg_cache.as_deref(), uid);
        let own = std::env::var_os(format!("PGREFIT_PG_BIN_{major}")).map(PathBuf::from);
        let search = Search { major: Some(major), bin_dir: own, ..Search::default() };
        let binaries = Binaries::find(&home, &search).expect("binaries");
        let settings =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let options = Options { settings, ..Options::default() };
        let server = Server::start(&home, &binaries, &options).expect("the server starts");
        Self { major, server, home, binaries }
    }

    pub(crate) fn connector(&self) -> Connector {
        connector(self.server.url("postgres").expose())
    }

    /// The same as another role, whose password is `x`.
    pub(crate) fn connector_as(&self, role: &str) -> Connector {
        connector(&format!("postgres://{role}:x@127.0.0.1:{}/postgres", self.server.port()))
    }

    pub(crate) async fn migrator(&self) -> Migrator {
        self.connector().migrator().await.expect("a session")
    }

    pub(crate) async fn facts(&self, given: Given) -> Facts {
        facts(&self.connector(), given).await
    }

    pub(crate) fn trial(&self) -> TrialPlace {
        TrialPlace {
            home: self.home.clone(),
            binaries: self.binaries.clone(),
            supervisor: None,
            shared_buffers_max: 256 << 20,
        }
    }
}

fn connector(url: &str) -> Connector {
    let settings = Settings::resolve(Some(url), &|_| None).expect("settings");
    Connector::new(settings, "tune".to_owned(), Limits::default())
}

pub(crate) async fn facts(connector: &Connector, given: Given) -> Facts {
    let session = connector.read_only().await.expect("a session");
    Facts::read(&session, given, Duration::ZERO).await.expect("facts")
}

/// The single value of a query, as text.
pub(crate) async fn ask(session: &mut Migrator, sql: &str) -> String {
    let rows = session.simple(sql).await.expect(sql);
    rows.first().and_then(|row| row.first()?.clone()).unwrap_or_else(|| "NULL".to_owned())
}

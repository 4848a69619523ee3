//! Real servers for these tests.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use pgrefit_pg::{Connector, Limits, Migrator, ReadOnly, Settings};
use pgrefit_scratch::{Binaries, Home, Options, Search, Server};

use super::{FIXTURE, SINCE_18};

/// A server that ends with the value.
pub(crate) struct Live {
    pub(crate) server: Server,
    pub(crate) major: u32,
}

impl Live {
    /// A server of each version that `PGREFIT_TEST_PG` names, else of the one that ships with pgrefit.
    pub(crate) fn all() -> Vec<Self> {
        let named = std::env::var("PGREFIT_TEST_PG").unwrap_or_else(|_| "18".to_owned());
        let versions = named.split([',', ' ']).filter(|version| !version.is_empty());
        let majors = versions.map(|version| version.parse().expect("PGREFIT_TEST_PG is a list of versions"));
        majors.map(|major| Self::start(major, &[])).collect()
    }

    pub(crate) fn start(major: u32, settings: &[(&str, &str)]) -> Self {
        let home = home();
        let bin_dir = std::env::var_os(format!("PGREFIT_PG_BIN_{major}")).map(std::path::PathBuf::from);
        let search = Search { major: Some(major), bin_dir, ..Search::default() };
        let binaries = Binaries::find(&home, &search).expect("binaries");
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let options = Options { settings, ..Options::default() };
        Self { server: Server::start(&home, &binaries, &options).expect("the server starts"), major }
    }

    /// Makes a database and runs a script in it.
    pub(crate) async fn database(&self, name: &str, script: &str) {
        let mut postgres = self.writer("postgres").await;
        let create = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
        postgres.batch(&create).await.expect("created");
        self.writer(name).await.batch(script).await.expect("the script runs");
    }

    /// A database with the fixture.
    pub(crate) async fn fixture(&self, name: &str) {
        self.database(name, FIXTURE).await;
        if self.major >= 18 {
            self.writer(name).await.batch(SINCE_18).await.expect("the script runs");
        }
    }

    pub(crate) async fn writer(&self, database: &str) -> Migrator {
        self.connector("postgres", database).migrator().await.expect("a session")
    }

    /// A session of `user`, who was made with his name as password.
    pub(crate) async fn reader(&self, user: &str, database: &str) -> ReadOnly {
        self.connector(user, database).read_only().await.expect("a session")
    }

    fn connector(&self, user: &str, database: &str) -> Connector {
        let url = match user {
            "postgres" => self.server.url(database).expose().to_owned(),
            user => format!("postgres://{user}:{user}@127.0.0.1:{}/{database}", self.server.port()),
        };
        let settings = Settings::resolve(Some(&url), &|_| None).expect("settings");
        Connector::new(settings, "census".to_owned(), Limits::default())
    }
}

fn home() -> Home {
    let (user_home, xdg_cache) = (variable("HOME"), variable("XDG_CACHE_HOME"));
    let own_file = tempfile::NamedTempFile::new().expect("a file");
    let uid = own_file.path().metadata().expect("metadata").uid();
    Home::default_for(user_home.as_deref(), xdg_cache.as_deref(), uid)
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from)
}

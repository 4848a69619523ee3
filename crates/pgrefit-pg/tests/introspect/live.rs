//! Real servers for these tests: one of the version that ships with pgrefit, and any other that this machine has.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use pgrefit_pg::{Connector, Limits, Migrator, ReadOnly, Settings};
use pgrefit_scratch::{Binaries, Home, Options, Search, Server};

/// A server that ends with the value.
pub(crate) struct Live(Server);

impl Live {
    /// PostgreSQL of the version that ships with pgrefit.
    pub(crate) fn start() -> Self {
        Self::of_major(None).expect("a PostgreSQL server")
    }

    /// Every supported major that needs no download here.
    pub(crate) fn all() -> Vec<Self> {
        let others = (13..18).filter_map(|major| Self::of_major(Some(major)));
        std::iter::once(Self::start()).chain(others).collect()
    }

    fn of_major(major: Option<u32>) -> Option<Self> {
        let home = home();
        let search = Search { major, offline: major.is_some(), ..Search::default() };
        let binaries = Binaries::find(&home, &search).ok()?;
        Some(Self(Server::start(&home, &binaries, &Options::default()).expect("the server starts")))
    }

    /// Makes a database and runs `scripts` in it.
    pub(crate) async fn database(&self, name: &str, scripts: &[&str]) {
        let mut postgres = self.writer("postgres").await;
        postgres
            .batch(&format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
            .await
            .expect("created");
        let mut database = self.writer(name).await;
        for script in scripts {
            database.batch(script).await.expect("the script runs");
        }
    }

    pub(crate) async fn writer(&self, database: &str) -> Migrator {
        self.connector(database).migrator().await.expect("a session")
    }

    pub(crate) async fn reader(&self, database: &str) -> ReadOnly {
        self.connector(database).read_only().await.expect("a session")
    }

    fn connector(&self, database: &str) -> Connector {
        let url = self.0.url(database);
        let settings = Settings::resolve(Some(url.expose()), &|_| None).expect("settings");
        Connector::new(settings, "introspect".to_owned(), Limits::default())
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

//! A server for one test, and connectors to it.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use pgrefit_pg::{Connector, Limits, Migrator, Settings};
use pgrefit_scratch::{Binaries, Home, Options, Search, Server};

/// A server that ends with this value.
pub(crate) struct Place {
    pub(crate) server: Server,
    _dir: tempfile::TempDir,
}

pub(crate) const LIMITS: Limits = Limits {
    connect: Duration::from_secs(5),
    statement: Duration::from_secs(20),
    lock: Duration::from_secs(1),
};

impl Place {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// A server with these settings.
    pub(crate) fn with(settings: &[(&str, &str)]) -> Self {
        Self::of(&Search::default(), settings).expect("started")
    }

    /// A server of the machine's own, of a version for which there is no wheel; those have TLS.
    pub(crate) fn of_system() -> Option<Self> {
        [17, 15, 14, 13]
            .into_iter()
            .find_map(|major| Self::of(&Search { major: Some(major), ..Search::default() }, &[]).ok())
    }

    fn of(search: &Search<'_>, settings: &[(&str, &str)]) -> Result<Self, pgrefit_scratch::Error> {
        let dir = tempfile::Builder::new().prefix("pgc-").tempdir_in("/tmp").expect("a directory");
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).expect("chmod");
        let xdg_cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let uid = fs::metadata(dir.path()).expect("it is there").uid();
        let usual = Home::default_for(env::home_dir().as_deref(), xdg_cache.as_deref(), uid);
        let home = Home { servers: dir.path().join("s"), ..usual };
        let binaries = Binaries::find(&home, search)?;
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let options = Options { settings, ..Options::default() };
        Ok(Self { server: Server::start(&home, &binaries, &options)?, _dir: dir })
    }

    pub(crate) fn url(&self) -> String {
        self.server.url("postgres").expose().to_owned()
    }

    pub(crate) fn connector(&self) -> Connector {
        connector(&self.url())
    }

    pub(crate) async fn migrator(&self) -> Migrator {
        self.connector().migrator().await.expect("connected")
    }
}

pub(crate) fn connector(url: &str) -> Connector {
    let settings = Settings::resolve(Some(url), &|_| None).expect("valid settings");
    Connector::new(settings, "pgrefit/test".to_owned(), LIMITS)
}

/// The single value of a query, as text.
pub(crate) async fn ask(migrator: &mut Migrator, sql: &str) -> String {
    let rows = migrator.simple(sql).await.expect(sql);
    rows.first().and_then(|row| row.first()?.clone()).unwrap_or_else(|| "NULL".to_owned())
}

/// Writes a file that only the account of the server may read.
pub(crate) fn write_for(server: &Server, path: &Path, text: &str) {
    let owner = fs::metadata(server.data_dir()).expect("it is there");
    fs::write(path, text).expect("written");
    fs::set_permissions(path, Permissions::from_mode(0o600)).expect("chmod");
    chown(path, Some(owner.uid()), Some(owner.gid())).expect("chown");
}

/// Says that a test did not look, so that its success is not misread.
#[expect(clippy::print_stdout, reason = "the test runner shows it to whoever asks for the output")]
pub(crate) fn skipped<T>(why: &str) -> Option<T> {
    println!("skipped: {why}");
    None
}

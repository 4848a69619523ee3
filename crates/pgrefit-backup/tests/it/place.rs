//! A source server with a nasty database, and all that a job needs.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use pgrefit_backup::{
    Adapter, Event, Job, Limits, PgDump, Scratch, Target, Thoroughness, ToolSearch, VerifyOptions,
};
use pgrefit_pg::{Connector, Migrator, Settings, Stop};
use pgrefit_scratch::{Binaries, Home, Options, Search, Server};

pub(crate) const DATABASE: &str = "My \"db\"";
const NASTY: &str = include_str!("nasty.sql");

/// A server that ends with this value, and a directory for backups.
pub(crate) struct Place {
    pub(crate) server: Server,
    pub(crate) home: Home,
    pub(crate) stop: Stop,
    pub(crate) limits: Limits,
    pub(crate) adapter: Box<dyn Adapter>,
    pub(crate) events: Mutex<Vec<Event>>,
    tools: ToolSearch,
    dir: tempfile::TempDir,
}

/// Every supported major that needs no download here.
pub(crate) fn majors() -> Vec<u32> {
    let home = usual_home(Path::new("/tmp"));
    let there = |major: &u32| {
        let search = Search { major: Some(*major), offline: true, ..Search::default() };
        *major == 18 || Binaries::find(&home, &search).is_ok()
    };
    (14..=18).filter(there).collect()
}

fn usual_home(dir: &Path) -> Home {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let uid = tempfile::NamedTempFile::new().expect("a file").path().metadata().expect("metadata").uid();
    let usual = Home::default_for(variable("HOME").as_deref(), variable("XDG_CACHE_HOME").as_deref(), uid);
    Home { servers: dir.join("s"), ..usual }
}

impl Place {
    /// PostgreSQL of the version that ships with pgrefit, with the nasty database.
    pub(crate) async fn nasty() -> Self {
        Self::nasty_on(18).await
    }

    pub(crate) async fn nasty_on(major: u32) -> Self {
        let place = Self::empty_on(major).await;
        place.writer().await.batch(NASTY).await.expect("the nasty script runs");
        place
    }

    pub(crate) async fn empty() -> Self {
        Self::empty_on(18).await
    }

    async fn empty_on(major: u32) -> Self {
        Self::with(major, &[("wal_level", "logical")]).await
    }

    /// A server with these settings.
    pub(crate) async fn with(major: u32, settings: &[(&str, &str)]) -> Self {
        let dir = tempfile::Builder::new().prefix("pgb-").tempdir_in("/tmp").expect("a directory");
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).expect("chmod");
        let home = usual_home(dir.path());
        let search = Search { major: Some(major), ..Search::default() };
        let binaries = Binaries::find(&home, &search).expect("binaries");
        let settings =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let options = Options { settings, ..Options::default() };
        let server = Server::start(&home, &binaries, &options).expect("started");
        let cache = Some(home.cache.clone());
        let place = Self {
            server,
            home,
            stop: Stop::default(),
            limits: Limits::default(),
            adapter: Box::new(PgDump),
            events: Mutex::default(),
            tools: ToolSearch { bin_dir: None, path_dirs: Vec::new(), cache },
            dir,
        };
        let create = "CREATE DATABASE \"My \"\"db\"\"\" TEMPLATE template0 ENCODING 'UTF8'";
        place
            .connector_to("postgres")
            .migrator()
            .await
            .expect("connected")
            .batch(create)
            .await
            .expect("created");
        place
    }

    /// Where backups go.
    pub(crate) fn backups(&self) -> PathBuf {
        self.dir.path().join("backups")
    }

    pub(crate) fn connector(&self) -> Connector {
        self.connector_to(DATABASE)
    }

    pub(crate) fn connector_to(&self, database: &str) -> Connector {
        connector(self.server.url(database).expose())
    }

    pub(crate) async fn writer(&self) -> Migrator {
        self.connector().migrator().await.expect("connected")
    }

    /// Another server than the source.
    pub(crate) fn scratch(&self) -> Target {
        Target::Scratch(Scratch {
            home: self.home.clone(),
            bin_dir: None,
            path_dirs: Vec::new(),
            python: "python3".into(),
            offline: false,
            supervisor: None,
            settings: Vec::new(),
        })
    }

    pub(crate) fn full(&self) -> VerifyOptions {
        VerifyOptions { target: self.scratch(), thoroughness: Thoroughness::Full }
    }

    pub(crate) fn tools(&self) -> &ToolSearch {
        &self.tools
    }

    /// Has `work` do something with the job.
    pub(crate) async fn with_job<T>(&self, source: &Connector, work: impl AsyncFnOnce(&Job<'_>) -> T) -> T {
        let on_event = |event: Event| self.events.lock().expect("a list").push(event);
        let dir = self.backups();
        let job = Job {
            source,
            dir: &dir,
            adapter: self.adapter.as_ref(),
            tools: &self.tools,
            jobs: 2,
            taken_by: "pgrefit/test",
            limits: self.limits,
            stop: &self.stop,
            on_event: &on_event,
        };
        work(&job).await
    }

    /// The names in the directory of backups.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.backups()).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name().display().to_string()).collect();
        names.sort();
        names
    }
}

pub(crate) fn connector(url: &str) -> Connector {
    let settings = Settings::resolve(Some(url), &|_| None).expect("valid settings");
    Connector::new(settings, "pgrefit/test".to_owned(), pgrefit_pg::Limits::default())
}

/// The single value of a query, as text.
pub(crate) async fn ask(connector: &Connector, sql: &str) -> String {
    let session = connector.read_only().await.expect("connected");
    let rows = session.simple(sql).await.expect(sql);
    rows.first().and_then(|row| row.first()?.clone()).unwrap_or_else(|| "NULL".to_owned())
}

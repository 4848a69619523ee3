//! A source server, a scratch server, a store in a folder, and all that a job needs.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use pgrefit_archive::{Archived, Error, Event, Job, Limits, Restored, State, Store, Until};
use pgrefit_catalog::Name;
use pgrefit_pg::{Connector, Migrator, Settings, Stop};
use pgrefit_scratch::{Binaries, Home, Options, Search, Server};

pub(crate) const DATABASE: &str = "My \"db\"";
pub(crate) const DOCSERVER: &str = include_str!("docserver.sql");

pub(crate) type Hook = Box<dyn FnMut(&Event) + Send>;

/// Servers that end with this value.
pub(crate) struct Place {
    pub(crate) server: Server,
    pub(crate) scratch: Server,
    pub(crate) limits: Limits,
    pub(crate) stop: Stop,
    pub(crate) events: Mutex<Vec<Event>>,
    pub(crate) store: Store,
    /// Is called with every event, before it is kept.
    pub(crate) hook: Mutex<Option<Hook>>,
    dir: tempfile::TempDir,
}

/// Those that the gate names, or the one that ships with pgrefit.
pub(crate) fn majors() -> Vec<u32> {
    let named = std::env::var("PGREFIT_TEST_PG").unwrap_or_default();
    let majors: Vec<u32> = named.split(',').filter_map(|major| major.trim().parse().ok()).collect();
    if majors.is_empty() { vec![18] } else { majors }
}

pub(crate) fn usual_home(dir: &Path) -> Home {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let uid = tempfile::NamedTempFile::new().expect("a file").path().metadata().expect("metadata").uid();
    let usual = Home::default_for(variable("HOME").as_deref(), variable("XDG_CACHE_HOME").as_deref(), uid);
    Home { servers: dir.join("s"), ..usual }
}

fn start(home: &Home, major: u32) -> Server {
    let own = std::env::var_os(format!("PGREFIT_PG_BIN_{major}")).map(PathBuf::from);
    let search = Search { major: Some(major), bin_dir: own, ..Search::default() };
    let binaries = Binaries::find(home, &search).expect("binaries");
    Server::start(home, &binaries, &Options::default()).expect("started")
}

impl Place {
    pub(crate) async fn docserver() -> Self {
        Self::docserver_on(majors()[0]).await
    }

    pub(crate) async fn docserver_on(major: u32) -> Self {
        let place = Self::empty_on(major).await;
        let available = "SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'";
        if place.ask(available).await == "1" {
            place.write(DOCSERVER).await;
        } else {
            place.write(&without_vector()).await;
        }
        place
    }

    pub(crate) async fn empty() -> Self {
        Self::empty_on(majors()[0]).await
    }

    pub(crate) async fn empty_on(major: u32) -> Self {
        let dir = tempfile::Builder::new().prefix("pga-").tempdir_in("/tmp").expect("a directory");
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).expect("chmod");
        let home = usual_home(dir.path());
        let (server, scratch) = (start(&home, major), start(&home, major));
        let folder = dir.path().join("store");
        fs::create_dir(&folder).expect("made");
        let store = open(&format!("file://{}", folder.display()), &[]).expect("a store");
        let limits = Limits { lock: Duration::from_millis(200), ..Limits::default() };
        let place = Self {
            server,
            scratch,
            limits,
            stop: Stop::default(),
            events: Mutex::default(),
            store,
            hook: Mutex::default(),
            dir,
        };
        let mut maintenance = connector(&place.server, "postgres").migrator().await.expect("connected");
        let create = "CREATE DATABASE \"My \"\"db\"\"\" TEMPLATE template0 ENCODING 'UTF8'";
        maintenance.batch(create).await.expect("created");
        place
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn store_dir(&self) -> PathBuf {
        self.dir().join("store")
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.dir().join("work")
    }

    pub(crate) fn connector(&self) -> Connector {
        connector(&self.server, DATABASE)
    }

    pub(crate) async fn writer(&self) -> Migrator {
        self.connector().migrator().await.expect("connected")
    }

    pub(crate) async fn write(&self, sql: &str) {
        self.writer().await.batch(sql).await.expect(sql);
    }

    /// The single value of a query, as text.
    pub(crate) async fn ask(&self, sql: &str) -> String {
        let rows = self.writer().await.simple(sql).await.expect(sql);
        rows.first().and_then(|row| row.first()?.clone()).unwrap_or_else(|| "NULL".to_owned())
    }

    /// Has `work` do something with the job.
    pub(crate) async fn with_job<T>(&self, work: impl AsyncFnOnce(&Job<'_>) -> T) -> T {
        let (source, dir) = (self.connector(), self.work());
        self.with(&source, &dir, work).await
    }

    pub(crate) async fn with<T>(
        &self,
        source: &Connector,
        dir: &Path,
        work: impl AsyncFnOnce(&Job<'_>) -> T,
    ) -> T {
        let on_event = |event: Event| {
            if let Some(hook) = self.hook.lock().expect("a hook").as_mut() {
                hook(&event);
            }
            self.events.lock().expect("a list").push(event);
        };
        let job = Job {
            source,
            history: "refinery_schema_history",
            store: &self.store,
            work: dir,
            tool: "pgrefit/test",
            limits: self.limits,
            stop: &self.stop,
            on_event: &on_event,
        };
        work(&job).await
    }

    pub(crate) async fn run(&self, table: &Name) -> Result<Archived, Error> {
        let scratch = connector(&self.scratch, "postgres");
        self.with_job(async |job| pgrefit_archive::run(job, &scratch, table, Until::Dropped).await).await
    }

    pub(crate) async fn restore(&self, what: &str) -> Result<Restored, Error> {
        let placement = pgrefit_archive::Placement::AsBefore;
        self.with_job(async |job| pgrefit_archive::restore(job, what, placement).await).await
    }

    /// Has `sql` run in a session of its own, to its end, whenever the archive reaches this state; the first `times` times.
    pub(crate) fn at(&self, state: State, mut times: u32, sql: &'static str) {
        let url = self.server.url(DATABASE).expose().to_owned();
        let hook = move |event: &Event| {
            if times > 0 && matches!(event, Event::Reached { state: now, .. } if *now == state) {
                times -= 1;
                elsewhere(url.clone(), sql);
            }
        };
        *self.hook.lock().expect("a hook") = Some(Box::new(hook));
    }

    /// Has `work` done when the archive reaches this state.
    pub(crate) fn then(&self, state: State, mut work: impl FnMut() + Send + 'static) {
        let hook = move |event: &Event| {
            if matches!(event, Event::Reached { state: now, .. } if *now == state) {
                work();
            }
        };
        *self.hook.lock().expect("a hook") = Some(Box::new(hook));
    }

    pub(crate) async fn state(&self, table: &Name) -> String {
        let sql = format!(
            "SELECT state FROM pgrefit_archive WHERE relation = '{}' ORDER BY planned_at DESC LIMIT 1",
            table.to_string().replace('\'', "''")
        );
        self.ask(&sql).await
    }
}

/// The runtime of the test waits meanwhile.
fn elsewhere(url: String, sql: &'static str) {
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut session = connector_of(&url).migrator().await.expect("connected");
            session.batch(sql).await.expect(sql);
        });
    };
    std::thread::spawn(work).join().expect("done");
}

/// For servers that have no pgvector here.
fn without_vector() -> String {
    let plain = DOCSERVER.replace("CREATE EXTENSION IF NOT EXISTS vector;", "");
    plain.replace("vector(3072)", "float4[]").replace("::vector", "::float4[]")
}

pub(crate) fn open(url: &str, options: &[(String, String)]) -> Result<Store, Error> {
    Store::open(url, options, Duration::from_secs(20))
}

pub(crate) fn connector(server: &Server, database: &str) -> Connector {
    connector_of(server.url(database).expose())
}

pub(crate) fn connector_of(url: &str) -> Connector {
    let settings = Settings::resolve(Some(url), &|_| None).expect("valid settings");
    Connector::new(settings, "pgrefit/test".to_owned(), pgrefit_pg::Limits::default())
}

/// An error with all its causes.
pub(crate) fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

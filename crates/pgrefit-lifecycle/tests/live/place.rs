//! A real server for one test, and conversions run on it by the product's own pipeline.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pgrefit_history::{Bounds, MigrationFile};
use pgrefit_lifecycle::{Error, Facts, MigrationDraft, PartitionConfig, PartitionSet, convert};
use pgrefit_pg::{Connector, Limits, Migrator, RunnerLock, Settings, Stop};
use pgrefit_scratch::{Binaries, Home, Options, Search, Server};

/// A server that ends with the value.
pub(crate) struct Place {
    pub(crate) major: u32,
    server: Server,
}

pub(crate) const BOUNDS: Bounds = Bounds {
    runner_wait: Duration::from_secs(5),
    lock_timeout: Duration::from_secs(2),
    statement_timeout: Duration::from_mins(2),
    lock_budget: Duration::from_mins(1),
    wait_for_gap: true,
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

    /// Makes a database with this content.
    pub(crate) async fn database(&self, name: &str, setup: &str) -> Connector {
        let mut postgres = self.connector("postgres").migrator().await.expect("a session");
        postgres.batch(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.expect("created");
        let connector = self.connector(name);
        connector.migrator().await.expect("a session").batch(setup).await.expect("set up");
        connector
    }

    pub(crate) fn connector(&self, database: &str) -> Connector {
        connector(self.server.url(database).expose())
    }

    /// The same as another role, whose password is `x`.
    pub(crate) fn connector_as(&self, role: &str, database: &str) -> Connector {
        connector(&format!("postgres://{role}:x@127.0.0.1:{}/{database}", self.server.port()))
    }
}

fn connector(url: &str) -> Connector {
    let settings = Settings::resolve(Some(url), &|_| None).expect("settings");
    Connector::new(settings, "lifecycle".to_owned(), Limits::default())
}

/// A set from its section in the configuration.
pub(crate) fn set(toml: &str) -> PartitionSet {
    let config: PartitionConfig = toml::from_str(toml).expect(toml);
    PartitionSet::new(&config).expect(toml)
}

pub(crate) async fn facts(connector: &Connector, set: &PartitionSet) -> Facts {
    let mut session = connector.read_only().await.expect("a session");
    Facts::read(&mut session, set, Duration::from_secs(10)).await.expect("facts")
}

/// The files of a conversion.
pub(crate) async fn drafts(connector: &Connector, set: &PartitionSet) -> Vec<MigrationDraft> {
    let facts = facts(connector, set).await;
    let drafts = convert(&facts, set, 1);
    drafts.unwrap_or_else(|error| match error {
        Error::Refused { judgement, .. } => panic!("refused: {:#?}", judgement.refusals),
        error => panic!("{error:?}"),
    })
}

pub(crate) fn files(drafts: &[MigrationDraft]) -> Vec<MigrationFile> {
    let file = |draft: &MigrationDraft| {
        let path = format!("migrations/{}", draft.file_name());
        MigrationFile::new(Path::new(&path), draft.sql.clone().into_bytes()).expect("a migration")
    };
    drafts.iter().map(file).collect()
}

/// Runs files as `pgrefit migrate` does, and says how long each took.
pub(crate) async fn apply(connector: &Connector, drafts: &[MigrationDraft]) -> Vec<(String, Duration)> {
    let mut lock = RunnerLock::acquire(connector, Duration::from_secs(5), |_| {}).await.expect("the lock");
    let (files, stop, mut listener) = (files(drafts), Stop::default(), |_: pgrefit_history::Event<'_>| {});
    let applied = pgrefit_history::apply(
        connector,
        &mut lock,
        &files,
        "refinery_schema_history",
        None,
        BOUNDS,
        &stop,
        &mut listener,
    );
    let applied = Box::pin(applied).await.unwrap_or_else(|error| {
        let mut chain = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            chain.extend([": ".to_owned(), cause.to_string()]);
            source = cause.source();
        }
        let texts: Vec<&str> = drafts.iter().map(|draft| draft.sql.as_str()).collect();
        panic!("{}\n{chain}", texts.join("\n----\n"))
    });
    lock.release().await.expect("released");
    applied.into_iter().map(|applied| (applied.title, applied.duration)).collect()
}

/// The single value of a query, as text.
pub(crate) async fn ask(session: &mut Migrator, sql: &str) -> String {
    let rows = session.simple(sql).await.expect(sql);
    rows.first().and_then(|row| row.first()?.clone()).unwrap_or_else(|| "NULL".to_owned())
}

/// All rows of a query, as lines.
pub(crate) async fn lines(session: &mut Migrator, sql: &str) -> Vec<String> {
    let rows = session.simple(sql).await.expect(sql);
    let line = |row: Vec<Option<String>>| {
        row.into_iter().map(|value| value.unwrap_or_else(|| "-".to_owned())).collect::<Vec<_>>().join(" | ")
    };
    rows.into_iter().map(line).collect()
}

/// The same, asked to stop at the batch of this number.
pub(crate) async fn apply_interrupted(
    connector: &Connector,
    drafts: &[MigrationDraft],
    batch: u32,
) -> Result<(), pgrefit_history::Error> {
    let mut lock = RunnerLock::acquire(connector, Duration::from_secs(5), |_| {}).await.expect("the lock");
    let (files, stop, mut seen) = (files(drafts), Stop::default(), 0);
    let own = stop.clone();
    let mut listener = move |event: pgrefit_history::Event<'_>| {
        seen += u32::from(matches!(event, pgrefit_history::Event::Batch { .. }));
        if seen == batch {
            own.request();
        }
    };
    let table = "refinery_schema_history";
    let run = pgrefit_history::apply(connector, &mut lock, &files, table, None, BOUNDS, &stop, &mut listener);
    let outcome = Box::pin(run).await.map(drop);
    lock.release().await.expect("released");
    outcome
}

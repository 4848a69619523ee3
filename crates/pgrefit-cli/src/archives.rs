//! Archives as the configuration asks for them: where they are kept, the folder for files in the making, and the server on
//! which each is tried.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pgrefit_archive::{Event, Job, Limits, Store};
use pgrefit_pg::{Connector, Limits as PgLimits, Settings};
use pgrefit_scratch::{Binaries, Options, Server};

use crate::config::Config;
use crate::context::variable;
use crate::size::bytes;
use crate::{Context, Exit, Failed};

/// What the program calls itself in manifests and in the ledger.
const TOOL: &str = concat!("pgrefit/", env!("CARGO_PKG_VERSION"));

/// Store, work folder and limits.
pub(crate) struct Archives {
    pub(crate) store: Store,
    work: PathBuf,
    history: String,
    limits: Limits,
}

impl Archives {
    /// Opens the store; nothing is asked of it yet. A folder on this machine is made where it is missing only if it is the
    /// default one.
    pub(crate) fn new(config: &Config) -> Result<Self, Failed> {
        let limits = Limits {
            statement: config.duration("archive.time_max"),
            lock: config.duration("archive.lock_timeout"),
            work_bytes: work_bytes(config)?,
            ..Limits::default()
        };
        let url = store_url(config.text("archive.store"))?;
        let options: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let store = Store::open(&url, &options, limits.store)?;
        let work = PathBuf::from(config.text("archive.work_dir"));
        let history = config.text("migrations.history_table").to_owned();
        Ok(Self { store, work, history, limits })
    }

    /// What a run works with.
    pub(crate) fn job<'a>(
        &'a self,
        context: &'a Context,
        source: &'a Connector,
        on_event: &'a (dyn Fn(Event) + Send + Sync),
    ) -> Job<'a> {
        Job {
            source,
            history: &self.history,
            store: &self.store,
            work: &self.work,
            tool: TOOL,
            limits: self.limits,
            stop: &context.stop,
            on_event,
        }
    }
}

/// At most so many bytes in the work folder, if somebody says so.
fn work_bytes(config: &Config) -> Result<Option<u64>, Failed> {
    match config.text("archive.work_max") {
        "" => Ok(None),
        text => bytes(text).map(Some).ok_or_else(|| {
            let origin = config.origin("archive.work_max");
            Failed::new(
                Exit::Usage,
                format!("failed to use `archive.work_max` ({origin}): `{text}` is no size"),
            )
            .hint("such as 20GiB")
        }),
    }
}

/// A folder is written as a path, everything else as a URL.
fn store_url(text: &str) -> Result<String, Failed> {
    if text.contains("://") || text.starts_with("file:") {
        return Ok(text.to_owned());
    }
    let failed = |error: std::io::Error| {
        Failed::new(Exit::Usage, format!("failed to use the store {text}: {error}"))
            .hint("`archive.store` is a folder that is there, or a URL: s3://bucket/prefix, gs://…, az://…")
    };
    let folder = Path::new(text);
    if text == DEFAULT_STORE {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let folder = folder.canonicalize().map_err(failed)?;
    Ok(format!("file://{}", folder.display()))
}

/// Where archives are kept if nothing is said.
pub(crate) const DEFAULT_STORE: &str = "pgrefit/archives";

/// A server on which archives are tried: one that was given, or a scratch server that ends with this.
pub(crate) struct Trial {
    pub(crate) connector: Connector,
    _server: Option<Server>,
}

impl Trial {
    /// The server of the URL, or a scratch server: of the source's version if there are programs of it, else a newer one.
    pub(crate) async fn start(
        context: &Context,
        config: &Config,
        source: &Connector,
        staging_url: Option<&str>,
    ) -> Result<Self, Failed> {
        if let Some(url) = staging_url.filter(|url| !url.trim().is_empty()) {
            let connector = context.connector_to(config, Settings::resolve(Some(url), &variable)?);
            return Ok(Self { connector, _server: None });
        }
        let major = source.read_only().await?.version_num() / 10_000;
        let server = tokio::task::spawn_blocking(move || scratch(major)).await;
        let server =
            server.map_err(|error| Failed::new(Exit::Internal, format!("failed to start: {error}")))??;
        let url = server.url("postgres");
        let settings = Settings::resolve(Some(url.expose()), &|_| None)?;
        let connector = Connector::new(settings, "pgrefit archive".to_owned(), PgLimits::default());
        Ok(Self { connector, _server: Some(server) })
    }
}

fn scratch(major: u32) -> Result<Server, Failed> {
    let ignore = |_| {};
    let workshop = Context::workshop(&ignore);
    let same = Binaries::find(&workshop.home, &Context::search(Some(major), &ignore));
    let binaries = match same {
        Ok(binaries) => binaries,
        Err(error) => {
            let other = Binaries::find(&workshop.home, &workshop.search).map_err(Failed::from)?;
            if other.version.0 < major {
                return Err(error.into());
            }
            other
        }
    };
    let options = Options { supervisor: workshop.supervisor.clone(), ..Options::default() };
    Server::start(&workshop.home, &binaries, &options).map_err(Failed::from)
}

/// As milliseconds of a report.
pub(crate) fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

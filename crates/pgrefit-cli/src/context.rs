//! What every command works with: the options, the configuration, the clock, and the way to the database.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

use pgrefit_history::{Bounds, MigrationFile, read_folder};
use pgrefit_migrate::Workshop;
use pgrefit_pg::{Connector, Limits, Settings, Stop};
use pgrefit_report::{Outcome, Report, Target};
use pgrefit_scratch::{Event, Home, Search};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::arguments::Global;
use crate::config::Config;
use crate::databases::SecretUrl;
use crate::setup::Flag;
use crate::{Failed, embedded, url_file};

/// The surroundings of one command.
pub(crate) struct Context {
    pub(crate) global: Global,
    pub(crate) command: &'static str,
    /// Asks the command to stop in order.
    pub(crate) stop: Stop,
    /// What wins over the configuration, also over flags of the command line: what a list says of its databases.
    overrides: Vec<Flag>,
    /// What a monitor is told that this was, where it is more telling than the command line: the command and the database of a
    /// list's entry.
    pub(crate) told_as: OnceLock<(&'static str, String)>,
    started: Instant,
    started_at: OffsetDateTime,
}

impl Context {
    pub(crate) fn new(global: Global, command: &'static str) -> Self {
        Self {
            global,
            command,
            stop: Stop::default(),
            overrides: Vec::new(),
            told_as: OnceLock::new(),
            started: Instant::now(),
            started_at: OffsetDateTime::now_utc(),
        }
    }

    /// The surroundings of a command on one database of a list.
    pub(crate) fn for_database(&self, command: &'static str, url: &SecretUrl, overrides: Vec<Flag>) -> Self {
        let mut global = self.global.clone();
        global.database_url = Some(url.expose().to_owned());
        Self { overrides, stop: self.stop.clone(), ..Self::new(global, command) }
    }

    /// The configuration with the values given on the command line on top.
    pub(crate) fn config(&self, flags: &[Flag]) -> Result<Config, Failed> {
        let all = [flags, &self.overrides].concat();
        Config::load(self.global.config.as_deref(), &variable, &all)
    }

    /// The way to the database; nothing is opened yet.
    pub(crate) fn connector(&self, config: &Config) -> Result<Connector, Failed> {
        Ok(self.connector_to(config, Self::settings(&self.global)?))
    }

    /// How to connect, as of now: by the URL that was given, else by the one in the file that was given, else by variables.
    pub(crate) fn settings(global: &Global) -> Result<Settings, Failed> {
        let url = database_url(global)?;
        Ok(Settings::resolve(url.as_deref(), &variable)?)
    }

    /// The way to another node; nothing is opened yet.
    pub(crate) fn connector_to(&self, config: &Config, settings: Settings) -> Connector {
        let application = format!("pgrefit/{} {}", env!("CARGO_PKG_VERSION"), self.command);
        let limits = Limits { connect: config.duration("connection.connect_timeout"), ..Limits::default() };
        let connector = Connector::new(settings, application, limits);
        if config.is_on("migrations.through_pooler") { connector.through_pooler() } else { connector }
    }

    /// The migrations: of the configured folder, of `./migrations`, or those in the binary.
    pub(crate) fn migrations(config: &Config) -> Result<Vec<MigrationFile>, Failed> {
        Ok(match Self::migrations_folder(config) {
            Some(folder) => read_folder(&folder)?,
            None => embedded::migrations()?,
        })
    }

    /// The folder that migrations are read from, if they do not come from the binary.
    pub(crate) fn migrations_folder(config: &Config) -> Option<PathBuf> {
        match config.text("migrations.dir") {
            "" => Some(PathBuf::from("migrations")).filter(|folder| folder.is_dir()),
            folder => Some(PathBuf::from(folder)),
        }
    }

    /// The limits of a run.
    pub(crate) fn bounds(config: &Config) -> Bounds {
        Bounds {
            runner_wait: config.duration("migrations.runner_wait"),
            lock_timeout: config.duration("migrations.lock_timeout"),
            statement_timeout: config.duration("migrations.statement_timeout"),
            lock_budget: config.duration("migrations.lock_budget"),
            wait_for_gap: config.is_on("migrations.wait_for_gap"),
            reconnect_wait: config.duration("connection.reconnect_wait"),
            batch_target: config.duration("migrations.batch_target"),
            replica_lag_max: config.duration("migrations.replica_lag_max"),
        }
    }

    /// Where scratch servers live.
    pub(crate) fn home() -> Home {
        let path = |name: &str| variable(name).map(PathBuf::from);
        let user = nix::unistd::geteuid().as_raw();
        let mut home = Home::default_for(path("HOME").as_deref(), path("XDG_CACHE_HOME").as_deref(), user);
        if let Some(cache) = path("PGREFIT_CACHE_DIR") {
            home.cache = cache;
        }
        home
    }

    /// Where PostgreSQL's binaries are looked for.
    pub(crate) fn search(major: Option<u32>, on_event: &dyn Fn(Event)) -> Search<'_> {
        Search {
            bin_dir: variable("PGREFIT_PG_BIN").map(PathBuf::from),
            path_dirs: variable("PATH")
                .map(|path| std::env::split_paths(&path).collect())
                .unwrap_or_default(),
            major,
            offline: variable("PGREFIT_OFFLINE").is_some_and(|value| !value.is_empty() && value != "0"),
            on_event,
            ..Search::default()
        }
    }

    /// What a scratch server is made with.
    pub(crate) fn workshop(on_event: &dyn Fn(Event)) -> Workshop<'_> {
        let supervisor = std::env::current_exe().ok();
        Workshop {
            home: Self::home(),
            search: Self::search(None, on_event),
            supervisor: supervisor.map(|binary| (binary, vec!["scratch".into(), "supervise".into()])),
            on_event,
        }
    }

    /// The time the command began, as the digits of a version: `20260131120000`.
    pub(crate) fn timestamp(&self) -> i64 {
        let at = self.started_at;
        let date =
            i64::from(at.year()) * 10_000 + i64::from(u8::from(at.month())) * 100 + i64::from(at.day());
        let time = i64::from(at.hour()) * 10_000 + i64::from(at.minute()) * 100 + i64::from(at.second());
        date * 1_000_000 + time
    }

    /// The day on which the command began: `2026-01-31`.
    pub(crate) fn today(&self) -> String {
        self.started_at.date().to_string()
    }

    /// When the command began.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// The same as RFC 3339.
    pub(crate) fn started_at(&self) -> String {
        self.started_at.format(&Rfc3339).unwrap_or_default()
    }

    /// The time as of now, as RFC 3339.
    pub(crate) fn now() -> String {
        let now = OffsetDateTime::now_utc();
        now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).unwrap_or_default()
    }

    /// The time as of now, as seconds since 1970.
    pub(crate) fn ended_at_seconds(&self) -> f64 {
        let began = self.started_at.unix_timestamp_nanos() / 1_000_000;
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
        let began = began as f64 / 1000.0;
        began + self.started.elapsed().as_secs_f64()
    }

    /// A report of this command, as of now.
    pub(crate) fn report(&self, outcome: Outcome) -> Report {
        let started_at = self.started_at();
        let mut report = Report::new(self.command, env!("CARGO_PKG_VERSION"), started_at, outcome);
        report.duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        report
    }
}

/// The URL that was given, else the one in the file that was given. Neither may be the case.
fn database_url(global: &Global) -> Result<Option<String>, Failed> {
    let url = global.database_url.clone().filter(|url| !url.trim().is_empty());
    let file = global.database_url_file.as_deref().filter(|file| !file.as_os_str().is_empty());
    match file {
        Some(file) if url.is_none() => url_file::read(file).map(Some),
        _ => Ok(url),
    }
}

/// An environment variable; one that is not UTF-8 counts as not set.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The database of a connector, for a report.
pub(crate) fn target(connector: &Connector, server_version: Option<String>) -> Target {
    let settings = connector.settings();
    let (host, port) = settings.first_host();
    Target {
        database: settings.database().to_owned(),
        user: settings.user().to_owned(),
        host,
        port,
        server_version,
    }
}

/// A path as the user would type it.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}

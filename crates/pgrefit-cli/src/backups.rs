//! Backups as the configuration asks for them: which tool, where to, what is restored where.

use std::path::{Path, PathBuf};

use pgrefit_backup::{
    Adapter, Event, Identity, Job, Limits, Manifest, PgBackRest, PgBasebackup, PgDump, Restored, Restoring,
    Scratch, Script, Target, Thoroughness, ToolSearch, VerifyOptions,
};
use pgrefit_pg::{Connector, Settings, Stop};

use crate::config::Config;
use crate::context::variable;
use crate::size::bytes;
use crate::{Context, Exit, Failed};

/// What a backup is taken with.
pub(crate) struct Backups<'a> {
    config: &'a Config,
    pub(crate) dir: PathBuf,
    tools: ToolSearch,
    adapter: Box<dyn Adapter>,
}

/// What every backup was taken by.
const TAKEN_BY: &str = concat!("pgrefit/", env!("CARGO_PKG_VERSION"));

impl<'a> Backups<'a> {
    pub(crate) fn new(config: &'a Config) -> Result<Self, Failed> {
        let search = Context::search(None, &|_| {});
        let tools = ToolSearch {
            bin_dir: search.bin_dir,
            path_dirs: search.path_dirs,
            cache: Some(Context::home().cache),
        };
        let dir = PathBuf::from(config.text("backup.dir"));
        Ok(Self { config, dir, tools, adapter: adapter(config)? })
    }

    /// A request to take one.
    pub(crate) fn request<'r>(
        &'r self,
        source: &'r Connector,
        stop: &'r Stop,
        on_event: &'r (dyn Fn(Event) + Send + Sync),
    ) -> Job<'r> {
        let time_max = self.config.duration("backup.time_max");
        Job {
            source,
            dir: &self.dir,
            adapter: &*self.adapter,
            tools: &self.tools,
            jobs: self.jobs(),
            taken_by: TAKEN_BY,
            limits: Limits { snapshot: time_max, tool: time_max, ..Limits::default() },
            stop,
            on_event,
        }
    }

    /// How it is verified: on the server of `staging`, or on a scratch server.
    pub(crate) fn verifying(&self, staging: Option<&Connector>) -> Result<VerifyOptions, Failed> {
        let percent =
            u8::try_from(self.config.integer("backup.sample")).ok().filter(|share| (1..=100).contains(share));
        let thoroughness = match percent {
            Some(100) => Thoroughness::Full,
            Some(percent) => Thoroughness::Sample { percent },
            None => {
                let message =
                    format!("failed to use `backup.sample` ({})", self.config.origin("backup.sample"));
                return Err(Failed::new(Exit::Usage, message).hint("a share in percent, 1 to 100"));
            }
        };
        Ok(VerifyOptions { target: target(staging), thoroughness })
    }

    /// The folder of the newest backup of a database, by its name.
    pub(crate) fn newest(&self, database: &str) -> Result<PathBuf, Failed> {
        let all = pgrefit_backup::list(&self.dir)?;
        let newest = all.into_iter().rfind(|listed| listed.manifest.source.database == database);
        newest.map(|listed| listed.dir).ok_or_else(|| {
            let message =
                format!("failed to make a copy of {database}: no backup of it in {}", self.dir.display());
            Failed::new(Exit::Usage, message).hint(
                "`pgrefit backup take` makes one; or name a folder with --backup, or a copy with --copy",
            )
        })
    }

    /// Restores a backup that was taken earlier.
    pub(crate) async fn restored(
        &self,
        folder: &Path,
        staging: Option<&Connector>,
        stop: &Stop,
        on_event: &(dyn Fn(Event) + Send + Sync),
    ) -> Result<Restored, Failed> {
        let how = Restoring {
            target: &target(staging),
            tools: &self.tools,
            jobs: self.jobs(),
            name: TAKEN_BY,
            limit: self.config.duration("backup.time_max"),
            stop,
            on_event,
        };
        Ok(pgrefit_backup::restore(folder, &how).await?)
    }

    /// Restores a backup into an empty database, which stays.
    pub(crate) async fn restore_into(
        &self,
        folder: &Path,
        database: &Connector,
        stop: &Stop,
        on_event: &(dyn Fn(Event) + Send + Sync),
    ) -> Result<Manifest, Failed> {
        let how = Restoring {
            target: &Target::Database(database.clone()),
            tools: &self.tools,
            jobs: self.jobs(),
            name: TAKEN_BY,
            limit: self.config.duration("backup.time_max"),
            stop,
            on_event,
        };
        let manifest = Manifest::read(folder)?;
        pgrefit_backup::restore(folder, &how).await?;
        Ok(manifest)
    }

    fn jobs(&self) -> u16 {
        u16::try_from(self.config.integer("backup.jobs")).unwrap_or(1).max(1)
    }

    /// Removes backups of this database beyond those that are kept; the last verified one stays.
    pub(crate) fn prune(&self, identity: &Identity) -> Result<Vec<PathBuf>, Failed> {
        Ok(pgrefit_backup::prune(&self.dir, identity, self.keep())?)
    }

    /// What [`Self::prune`] would remove now.
    pub(crate) fn prunable(&self, identity: &Identity) -> Result<Vec<PathBuf>, Failed> {
        Ok(pgrefit_backup::prunable(&self.dir, identity, self.keep())?)
    }

    fn keep(&self) -> usize {
        usize::try_from(self.config.integer("backup.keep")).unwrap_or(1).max(1)
    }
}

fn target(staging: Option<&Connector>) -> Target {
    if let Some(connector) = staging {
        return Target::Server(connector.clone());
    }
    let search = Context::search(None, &|_| {});
    let supervisor = std::env::current_exe().ok();
    Target::Scratch(Scratch {
        home: Context::home(),
        bin_dir: search.bin_dir,
        path_dirs: search.path_dirs,
        python: search.python,
        offline: search.offline,
        supervisor: supervisor.map(|binary| (binary, vec!["scratch".into(), "supervise".into()])),
        settings: Vec::new(),
    })
}

/// The way to the server that copies are made on.
pub(crate) fn staging(context: &Context, config: &Config, url: &str) -> Result<Connector, Failed> {
    let settings = Settings::resolve(Some(url), &variable)?;
    Ok(context.connector_to(config, settings))
}

fn adapter(config: &Config) -> Result<Box<dyn Adapter>, Failed> {
    let age_max = config.duration("policy.backup_max_age");
    match config.text("backup.adapter") {
        "pg_dump" => Ok(Box::new(PgDump)),
        "pg_basebackup" => {
            Ok(Box::new(PgBasebackup { rate_kb_max: rate_kb(config)?, ..PgBasebackup::default() }))
        }
        "pgbackrest" => {
            let some = |key: &str| Some(config.text(key)).filter(|text| !text.is_empty()).map(str::to_owned);
            let stanza = some("backup.stanza")
                .ok_or_else(|| wrong(config, "backup.stanza", "pgBackRest needs the name of one"))?;
            let config_file = some("backup.pgbackrest_config").map(PathBuf::from);
            let take = some("backup.pgbackrest_type");
            let program = "pgbackrest".into();
            Ok(Box::new(PgBackRest { program, stanza, config: config_file, age_max, take }))
        }
        "command" => {
            let [program, arguments @ ..] = config.list("backup.command") else {
                return Err(wrong(config, "backup.command", "the adapter `command` needs a program"));
            };
            Ok(Box::new(Script {
                program: program.into(),
                arguments: arguments.to_vec(),
                limit: config.duration("backup.time_max"),
                age_max,
            }))
        }
        other => {
            let what = format!("`{other}` is not one of pg_dump, pg_basebackup, pgbackrest, command");
            Err(wrong(config, "backup.adapter", &what))
        }
    }
}

/// How many kB a second `pg_basebackup` may read.
fn rate_kb(config: &Config) -> Result<Option<u32>, Failed> {
    let text = config.text("backup.max_rate");
    if text.is_empty() {
        return Ok(None);
    }
    let rate = bytes(text).map(|bytes| bytes / 1000).and_then(|rate| u32::try_from(rate).ok());
    let rate = rate.filter(|rate| (32..=1_048_576).contains(rate));
    rate.map(Some).ok_or_else(|| {
        wrong(config, "backup.max_rate", &format!("`{text}` is not a size from 32kB to 1GB, such as 50MiB"))
    })
}

fn wrong(config: &Config, key: &str, what: &str) -> Failed {
    Failed::new(Exit::Usage, format!("failed to use `{key}` ({}): {what}", config.origin(key)))
}

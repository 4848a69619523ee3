//! What the commands on a database are set up with: the configuration, the migrations, the way to the database.

use std::path::PathBuf;

use clap::Args;
use pgrefit_history::MigrationFile;
use pgrefit_migrate::Job;
use pgrefit_migrate::policy::{Environment, Policy, Strength};
use pgrefit_migrate::proof::PublicKey;
use pgrefit_pg::{Connector, Stop};

use crate::config::Config;
use crate::{Context, Exit, Failed};

/// A value that wins over the configuration, by its key.
pub(crate) type Flag = (&'static str, String);

/// Where the migrations are.
#[derive(Debug, Default, Args)]
pub(crate) struct Folder {
    /// The folder of migration files [default: ./migrations, else those in the binary].
    #[arg(long, value_name = "DIR")]
    migrations: Option<PathBuf>,
}

impl Folder {
    /// The folder as a value that wins over the configuration.
    pub(crate) fn flags(&self) -> Vec<Flag> {
        self.migrations.iter().map(|folder| ("migrations.dir", folder.display().to_string())).collect()
    }
}

/// Everything that a [`Job`] borrows.
pub(crate) struct Setup {
    pub(crate) config: Config,
    files: Vec<MigrationFile>,
    connector: Connector,
    stop: Stop,
}

impl Setup {
    /// Reads the configuration and the migrations, and resolves the connection; nothing is opened yet.
    pub(crate) fn new(context: &Context, flags: &[Flag]) -> Result<Self, Failed> {
        Self::of(context, context.config(flags)?)
    }

    /// The same with a configuration that was read already.
    pub(crate) fn of(context: &Context, config: Config) -> Result<Self, Failed> {
        let files = Context::migrations(&config)?;
        let connector = context.connector(&config)?;
        Ok(Self { config, files, connector, stop: context.stop.clone() })
    }

    /// What the database asks for before it may be changed.
    pub(crate) fn policy(&self) -> Result<Policy, Failed> {
        let config = &self.config;
        let keys = config.list("policy.trusted_keys").iter().cloned().map(PublicKey::try_from);
        let wrong = |name: &str, what: String| {
            Failed::new(Exit::Usage, format!("failed to use `{name}` ({}): {what}", config.origin(name)))
        };
        Ok(Policy {
            environment: word(config, "policy.environment", &Environment::WORDS)?,
            backup_max_age: config.duration("policy.backup_max_age"),
            rehearsal_max_age: config.duration("policy.rehearsal_max_age"),
            stall_max: config.duration("policy.stall_max"),
            backup_strength: word(config, "policy.backup_strength", &Strength::WORDS)?,
            trusted_keys: keys
                .collect::<Result<_, _>>()
                .map_err(|what| wrong("policy.trusted_keys", what))?,
        })
    }

    /// The folder of evidence.
    pub(crate) fn evidence_dir(&self) -> PathBuf {
        PathBuf::from(self.config.text("evidence.dir"))
    }

    /// The job up to a version; `None` is the last one.
    pub(crate) fn job(&self, target: Option<i64>) -> Job<'_> {
        Job {
            connector: &self.connector,
            files: &self.files,
            table: self.config.text("migrations.history_table"),
            target,
            bounds: Context::bounds(&self.config),
            stop: &self.stop,
        }
    }
}

/// The meaning of a key whose value is one of some words.
fn word<T: Copy>(config: &Config, name: &str, words: &[(&str, T)]) -> Result<T, Failed> {
    let value = config.text(name);
    if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == value) {
        return Ok(*meaning);
    }
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let message = format!(
        "failed to use `{name}` ({}): `{value}` is not one of {}",
        config.origin(name),
        known.join(", ")
    );
    let failed = Failed::new(Exit::Usage, message);
    Err(match crate::nearest::nearest(value, known.iter().copied()) {
        Some(nearest) => failed.hint(format!("did you mean `{nearest}`?")),
        None => failed,
    })
}

//! What the commands on a database are set up with: the configuration, the migrations, the way to the database.

use std::path::PathBuf;

use clap::Args;
use pgrefit_history::MigrationFile;
use pgrefit_migrate::Job;
use pgrefit_pg::{Connector, Stop};

use crate::config::Config;
use crate::{Context, Failed};

/// A value that wins over the configuration, by its key.
pub(crate) type Flag = (&'static str, String);

/// Where the migrations are.
#[derive(Debug, Args)]
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

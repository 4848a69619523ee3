//! The ways to make the same changes.

use super::files::{self, Files};
use super::hand;
use crate::bench::process::{Process, tail};
use crate::bench::server::Server;
use crate::failure::Outcome;
use crate::product::Product;
use crate::shell;
use clap::ValueEnum;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// As long as a migration might take, when there is none.
const NOTHING: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(super) enum Mode {
    /// No migration: the noise of this machine
    None,
    /// The safe way, by hand
    Hand,
    /// The safe way, by pgrefit
    Pgrefit,
    /// The naive way, by refinery's command line
    Refinery,
    /// The naive way, by sqlx's command line
    Sqlx,
}

impl Mode {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Hand => "by hand",
            Self::Pgrefit => "pgrefit",
            Self::Refinery => "refinery",
            Self::Sqlx => "sqlx",
        }
    }

    /// Tools of others are measured where they are found.
    pub(super) fn is_installed(self) -> bool {
        match self {
            Self::None | Self::Hand | Self::Pgrefit => true,
            Self::Refinery | Self::Sqlx => {
                shell::first_line(Command::new(self.name()).arg("--version")).is_some()
            }
        }
    }
}

pub(super) struct Migrator<'a> {
    pub(super) product: &'a Product,
    pub(super) server: &'a Server,
    pub(super) files: &'a Files,
    pub(super) single: bool,
}

impl Migrator<'_> {
    /// Makes the changes, and says what went wrong. Only a tool that cannot be run at all is a failure of ours.
    pub(super) fn run(&self, mode: Mode, url: &str, end: Instant) -> Outcome<Option<String>> {
        match mode {
            Mode::None => {
                sleep(NOTHING);
                Ok(None)
            }
            Mode::Hand => hand::run(self.server, self.files, url, files::safe(self.single), end),
            Mode::Pgrefit => self.tool(mode, self.pgrefit("pgrefit", url), end),
            Mode::Refinery => {
                let mut refinery = Command::new("refinery");
                refinery.args(["migrate", "-e", "DATABASE_URL", "-p"]).arg(self.files.migrations("refinery"));
                refinery.env("DATABASE_URL", url);
                self.tool(mode, refinery, end)
            }
            Mode::Sqlx => {
                let mut sqlx = Command::new("sqlx");
                sqlx.args(["migrate", "run", "--source"]).arg(self.files.migrations("sqlx"));
                sqlx.env("DATABASE_URL", url);
                self.tool(mode, sqlx, end)
            }
        }
    }

    /// pgrefit as it comes: in a folder without a configuration file.
    pub(super) fn pgrefit(&self, migrations: &str, url: &str) -> Command {
        let dir = self.files.migrations(migrations);
        let mut pgrefit = self.product.command_on_disposable();
        pgrefit.arg("migrate").arg("--migrations").arg(&dir).current_dir(&dir);
        pgrefit.env("DATABASE_URL", url);
        pgrefit
    }

    fn tool(&self, mode: Mode, mut command: Command, end: Instant) -> Outcome<Option<String>> {
        let log = self.files.log(mode.name());
        let status = Process::start(&mut command, &log)?.wait_until(end)?;
        Ok(match status {
            Some(status) if status.success() => None,
            Some(status) => Some(format!("{status}: {}", tail(&log))),
            None => Some("it did not end in time".to_owned()),
        })
    }
}

//! `pgrefit man`: man pages.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _};

use crate::arguments::Arguments;
use crate::{Exit, Failed, Output};

/// Write man pages.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pgrefit man ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// The folder to write them into.
    folder: PathBuf,
}

impl Man {
    pub(crate) fn run(self) -> Result<Output, Failed> {
        std::fs::create_dir_all(&self.folder)
            .and_then(|()| clap_mangen::generate_to(Arguments::command(), &self.folder))
            .map_err(|error| {
                Failed::new(Exit::Usage, format!("failed to write to {}: {error}", self.folder.display()))
            })?;
        Ok(Output::Plain(String::new()))
    }
}

//! `pgrefit completions`: completion scripts.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::Output;
use crate::arguments::Arguments;

/// Print a completion script for a shell.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pgrefit completions bash > /etc/bash_completion.d/pgrefit")]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Output {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "pgrefit", &mut script);
        Output::Plain(String::from_utf8_lossy(&script).into_owned())
    }
}

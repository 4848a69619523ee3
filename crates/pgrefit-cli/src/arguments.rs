//! What was typed: the options that every command takes, and the command.

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};

use crate::commands::Command;
use crate::telemetry::Telemetry;

const AFTER_HELP: &str = "\
Examples:
  pgrefit scratch start              a PostgreSQL server to play with, gone when you stop it
  pgrefit status                     which migrations the database of DATABASE_URL has
  pgrefit migrate --dry-run          what a run would do
  pgrefit migrate                    do it
  pgrefit baseline                   adopt a database that was made without pgrefit

The database is that of --database-url, else of DATABASE_URL, else of the file --database-url-file (DATABASE_URL_FILE),
else of libpq's variables (PGHOST, PGSERVICE, …).
Exit codes: 0 done, 2 usage, 11 refused, 12 diverged, 13 failed and rolled back, 17 denied, 75 try again.
All of them: docs/reference/exit-codes.md; what to do about each: docs/troubleshooting.md.";

/// Refits a live PostgreSQL database: schema migrations on top of refinery.
#[derive(Debug, Parser)]
#[command(name = "pgrefit", version, after_help = AFTER_HELP, max_term_width = 110)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// The database, as a URL or a key=value string. A password given here can be seen in the list of processes:
    /// prefer the variable.
    #[arg(long, global = true, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// A file that holds the URL, such as a mounted secret. It is read when no URL is given.
    #[arg(long, global = true, value_name = "FILE", env = "DATABASE_URL_FILE")]
    pub(crate) database_url_file: Option<PathBuf>,
    /// The configuration file [default: pgrefit.toml, if it exists]
    #[arg(long, global = true, value_name = "FILE", env = "PGREFIT_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// How the result is printed.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Also write the result to a file: Markdown, HTML, SARIF, JUnit XML or metrics if its name ends in .md, .html,
    /// .sarif, .xml or .prom, else JSON.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// When to use colour; the variable `NO_COLOR` is honoured.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// How the log on standard error is written.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
    /// Say more: once for what passed and for progress, twice for every statement, three times for everything.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Say nothing but the result and errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// End in order when standard input ends: for processes that a fleet has started. No variable, which those that this
    /// one starts would inherit.
    #[arg(long, global = true, hide = true)]
    pub(crate) leash: bool,
    #[command(flatten)]
    pub(crate) telemetry: Telemetry,
}

/// The form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For machines; `docs/reference/report.schema.json` describes it.
    Json,
    /// For a pull request or a job summary.
    Markdown,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For a list of tests: JUnit XML.
    Junit,
    /// For GitHub Actions: annotations in the diff.
    Github,
    /// For a browser: one page that needs nothing else.
    Html,
    /// For a monitor: metrics in Prometheus' text format.
    Prometheus,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        super::Arguments::command().debug_assert();
    }
}

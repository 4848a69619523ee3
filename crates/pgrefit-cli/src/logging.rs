//! The log on standard error.

use std::io::{IsTerminal as _, stderr};

use tracing_subscriber::EnvFilter;

use crate::arguments::{Global, LogFormat};

/// Starts the log. On a terminal a progress bar shows what is going on, so that only warnings are logged there.
pub(crate) fn init(global: &Global) {
    let level = match (global.quiet, global.verbose, bar_is_shown(global)) {
        (true, ..) => "error",
        (_, 0, true) => "warn",
        (_, 0, false) => "warn,pgrefit=info",
        (_, 1, _) => "warn,pgrefit=info,pgrefit_pg::notice=info",
        (_, 2, _) => "info,pgrefit=debug,pgrefit_pg=debug,pgrefit_history=debug,pgrefit_scratch=debug",
        _ => "trace",
    };
    let filter = std::env::var("PGREFIT_LOG").ok().and_then(|text| text.parse::<EnvFilter>().ok());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|| EnvFilter::new(level)))
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    match global.log_format {
        LogFormat::Text => builder.with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}

/// Whether progress is shown as a bar; else it is logged.
pub(crate) fn bar_is_shown(global: &Global) -> bool {
    !global.quiet && global.log_format == LogFormat::Text && stderr().is_terminal()
}

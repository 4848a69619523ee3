//! What a monitor is told of a run at its end: a file, a push gateway, a receiver of OTLP.
//!
//! None of it decides how the run has ended: what cannot be told is a warning. Who has to know for sure asks the database, where
//! runs are recorded, by way of `pgrefit serve`.

mod told;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use pgrefit_metrics::Run;
use pgrefit_push::{Target, to_otlp, to_pushgateway};
use pgrefit_report::Report;

use crate::context::variable;
use crate::output::write_beside;
use crate::{Context, Exit};

/// How long one attempt to send may take. A pod that is told to stop has some seconds left behind it.
const LIMIT: Duration = Duration::from_secs(5);

/// Where the file of metrics is named.
pub(crate) const FILE_VARIABLE: &str = "PGREFIT_METRICS_FILE";

/// The headers of OTLP, as OpenTelemetry names the variable.
const OTLP_HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";

/// The commands that are told of. Others only look, or are helpers of a run that have its environment.
const COMMANDS: [&str; 9] =
    ["migrate", "audit", "bench", "baseline", "repair", "backup", "partition", "archive", "fleet"];

/// An earlier metrics file is read up to this size.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Where the metrics of a run go.
#[derive(Debug, Clone, Args)]
#[command(
    next_help_heading = "Metrics of a run, of commands that do or judge something; failing to hand them over is a warning"
)]
pub(crate) struct Telemetry {
    /// Write them to a file, whole or not at all: for the textfile collector of the node exporter, name it *.prom.
    #[arg(long, global = true, value_name = "FILE", env = FILE_VARIABLE)]
    metrics_file: Option<PathBuf>,
    /// Push them to a Prometheus push gateway, grouped by command and database: `http://host:9091`. One attempt of at most
    /// 5 s.
    #[arg(long, global = true, value_name = "URL", env = "PGREFIT_PUSHGATEWAY", hide_env_values = true)]
    pushgateway: Option<String>,
    /// Send them to a receiver of OTLP over HTTP: `http://host:4318`. One attempt of at most 5 s; headers, such as
    /// a token, are those of the variable `OTEL_EXPORTER_OTLP_HEADERS`.
    #[arg(long, global = true, value_name = "URL", env = "PGREFIT_OTLP", hide_env_values = true)]
    otlp: Option<String>,
    /// What the database is called there: by its name in a list, for processes that a fleet has started.
    #[arg(long, global = true, hide = true, value_name = "NAME")]
    metrics_database: Option<String>,
}

impl Telemetry {
    /// What the database is called, if somebody says so.
    fn name(&self) -> Option<&str> {
        self.metrics_database.as_deref()
    }

    fn is_off(&self) -> bool {
        let [pushgateway, otlp] = [&self.pushgateway, &self.otlp].map(|url| address(url.as_deref()));
        self.metrics_file.is_none() && pushgateway.is_none() && otlp.is_none()
    }
}

/// Tells whoever was named of a run that has just ended, and warns of what could not be told.
pub(crate) fn tell(report: &Report, exit: Exit, context: &Context) {
    let telemetry = &context.global.telemetry;
    if telemetry.is_off() || !COMMANDS.contains(&context.command) {
        return;
    }
    let run = told::run(report, exit, context);
    if let Some(path) = &telemetry.metrics_file {
        warn_of(write(&run, path));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => {
            runtime.block_on(send(&run, telemetry));
            // A name that is still being looked up would be waited for, however long that takes.
            runtime.shutdown_background();
        }
        Err(error) => warn_of(Err(format!("failed to send metrics: {error}"))),
    }
}

/// At the same time, so that two receivers that do not answer take no longer than one.
async fn send(run: &Run, telemetry: &Telemetry) {
    let (pushed, sent) =
        tokio::join!(push(run, telemetry.pushgateway.as_deref()), otlp(run, telemetry.otlp.as_deref()));
    warn_of(pushed);
    warn_of(sent);
}

async fn push(run: &Run, url: Option<&str>) -> Result<(), String> {
    let Some(url) = address(url) else { return Ok(()) };
    let target = Target::parse(url).map_err(|error| line(&error))?;
    to_pushgateway(&target, run, LIMIT).await.map_err(|error| line(&error))
}

async fn otlp(run: &Run, url: Option<&str>) -> Result<(), String> {
    let Some(url) = address(url) else { return Ok(()) };
    let target = Target::parse(url).and_then(|target| target.with_headers(&headers()));
    let target = target.map_err(|error| line(&error))?;
    to_otlp(&target, run, LIMIT).await.map_err(|error| line(&error))
}

fn headers() -> String {
    variable(OTLP_HEADERS).unwrap_or_default()
}

/// A variable that is set to nothing names nobody.
fn address(url: Option<&str>) -> Option<&str> {
    url.filter(|url| !url.trim().is_empty())
}

fn write(run: &Run, path: &Path) -> Result<(), String> {
    let text = run.encode_after(&earlier(path)).map_err(|error| error.to_string())?;
    let failed = |error| format!("failed to write the metrics file {}: {error}", path.display());
    write_beside(path, &text).map_err(failed)
}

/// What an earlier run has left in the file; nothing, if that cannot be read.
fn earlier(path: &Path) -> String {
    let is_ours = std::fs::metadata(path).is_ok_and(|it| it.is_file() && it.len() <= FILE_BYTES_MAX);
    if is_ours { std::fs::read_to_string(path).unwrap_or_default() } else { String::new() }
}

/// The message of an error, its causes, and what to do about it.
fn line(error: &pgrefit_push::Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |&cause| cause.source());
    let all = std::iter::once(error.to_string()).chain(causes.take(8).map(ToString::to_string));
    let line = all.collect::<Vec<_>>().join(": ");
    error.hint().map_or_else(|| line.clone(), |hint| format!("{line} ({hint})"))
}

fn warn_of(result: Result<(), String>) {
    if let Err(line) = result {
        tracing::warn!(target: "pgrefit", "{line}");
    }
}

//! pgBackRest: its own repository is asked; a backup is taken only on request.

mod info;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use futures_util::future::BoxFuture;
use time::OffsetDateTime;

use super::{Adapter, Form, Produced, Taking};
use crate::process::{Ended, Run};
use crate::source::Source;
use crate::{Error, Job, Strength};

const TOOL: &str = "pgbackrest";

/// The newest backup of a stanza.
///
/// It is to be run as the account that pgBackRest is set up for. `check` archives one WAL file of the source; a backup, if asked for,
/// reads all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PgBackRest {
    /// The program: a path, or a name on `PATH`.
    pub program: PathBuf,
    /// The stanza.
    pub stanza: String,
    /// The configuration, if it is not in the usual place.
    pub config: Option<PathBuf>,
    /// How old the newest backup may be.
    pub age_max: Duration,
    /// Takes one of this type (`full`, `diff`, `incr`) first.
    pub take: Option<String>,
}

impl Adapter for PgBackRest {
    fn name(&self) -> &'static str {
        TOOL
    }

    fn strength_max(&self) -> Strength {
        Strength::Attested
    }

    fn form(&self) -> Form {
        Form::External
    }

    fn preflight<'a>(
        &'a self,
        job: &'a Job<'a>,
        _source: &'a Source,
    ) -> BoxFuture<'a, Result<String, Error>> {
        Box::pin(async move {
            let mut command = Command::new(&self.program);
            command.arg("version");
            let ended = Run::new(TOOL, command, job.limits.tool).finish(job.stop, |_| {}).await?;
            // The shell between us and the program says 127 when there is none.
            if !ended.status.success() {
                return Err(Error::ToolMissing { tool: self.program.display().to_string() });
            }
            Ok(String::from_utf8_lossy(&ended.stdout).trim().to_lowercase())
        })
    }

    fn take<'a>(&'a self, job: &'a Job<'a>, taking: Taking<'a>) -> BoxFuture<'a, Result<Produced, Error>> {
        Box::pin(async move {
            self.run(job, &["check"]).await?;
            if let Some(kind) = &self.take {
                self.run(job, &[&format!("--type={kind}"), "backup"]).await?;
            }
            let ended = self.run(job, &["--output=json", "info"]).await?;
            let backups = info::parse(&ended.stdout, &self.stanza, taking.source.identity.system_identifier)?;
            info::newest(&backups, OffsetDateTime::now_utc(), self.age_max)
        })
    }
}

impl PgBackRest {
    async fn run(&self, job: &Job<'_>, words: &[&str]) -> Result<Ended, Error> {
        let mut command = Command::new(&self.program);
        command.arg(format!("--stanza={}", self.stanza));
        command.args(self.config.as_ref().map(|config| format!("--config={}", config.display())));
        command.args(["--log-level-console=off", "--log-level-stderr=warn"]).args(words);
        let ended = Run::new(TOOL, command, job.limits.tool).finish(job.stop, |_| {}).await?;
        if ended.status.success() {
            return Ok(ended);
        }
        let tool = format!("{TOOL} {}", words.last().copied().unwrap_or_default());
        Err(Error::DumpFailed { tool, status: ended.status.to_string(), output: ended.said })
    }
}

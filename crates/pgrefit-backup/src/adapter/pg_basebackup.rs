//! `pg_basebackup`: the files of the whole server, checked by `pg_verifybackup`.

use std::path::Path;
use std::process::Command;

use futures_util::future::BoxFuture;
use pgrefit_pg::Settings;

use super::pg_dump::with_progress;
use super::{Adapter, Form, Produced, Taking};
use crate::process::Run;
use crate::source::Source;
use crate::{Client, Error, Job, Strength, space};

/// Where in the folder the server's files are.
pub(crate) const FOLDER: &str = "cluster";

/// When the server writes its checkpoint, which comes before the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checkpoint {
    /// At once, as fast as the disks are.
    Fast,
    /// Over the time that checkpoints usually take: minutes.
    #[default]
    Spread,
}

/// `pg_basebackup --format=plain` with the WAL that it needs, then `pg_verifybackup`.
///
/// On the source: one checkpoint and two connections of the replication protocol, which need the attribute REPLICATION and an entry
/// in `pg_hba.conf`; no locks. All databases of the server are in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PgBasebackup {
    /// When the checkpoint is written.
    pub checkpoint: Checkpoint,
    /// At most so many kB each second are read from the server; `None` is no limit. From 32 to 1,048,576.
    pub rate_kb_max: Option<u32>,
}

impl Adapter for PgBasebackup {
    fn name(&self) -> &'static str {
        "pg_basebackup"
    }

    fn strength_max(&self) -> Strength {
        Strength::Restored
    }

    fn form(&self) -> Form {
        Form::Cluster
    }

    fn preflight<'a>(&'a self, job: &'a Job<'a>, source: &'a Source) -> BoxFuture<'a, Result<String, Error>> {
        Box::pin(async move {
            space::check(job.dir, source.cluster_bytes, job.limits.bytes)?;
            tool(job, source, "pg_verifybackup").await?;
            Ok(tool(job, source, "pg_basebackup").await?.describe())
        })
    }

    fn take<'a>(&'a self, job: &'a Job<'a>, taking: Taking<'a>) -> BoxFuture<'a, Result<Produced, Error>> {
        Box::pin(async move {
            let target = taking.dir.join(FOLDER);
            self.copy(job, taking, &target).await?;
            verify(job, taking.source, &target).await?;
            Ok(Produced::default())
        })
    }
}

impl PgBasebackup {
    async fn copy(&self, job: &Job<'_>, taking: Taking<'_>, target: &Path) -> Result<(), Error> {
        let client = tool(job, taking.source, "pg_basebackup").await?;
        let mut command = Command::new(&client.program);
        command.args([
            "--format=plain",
            "--wal-method=stream",
            "--manifest-checksums=SHA256",
            "--no-password",
        ]);
        let checkpoint = match self.checkpoint {
            Checkpoint::Fast => "fast",
            Checkpoint::Spread => "spread",
        };
        command.arg(format!("--checkpoint={checkpoint}")).arg(format!("--label={}", job.taken_by));
        command.args(self.rate_kb_max.map(|rate| format!("--max-rate={rate}k")));
        command.arg("--pgdata").arg(target);
        let settings: &Settings = job.source.settings();
        let name = format!("{} pg_basebackup", job.taken_by);
        let encrypted = taking.source.is_encrypted;
        let _password =
            settings.give_to(&mut command, &name, encrypted, taking.dir).map_err(Error::Source)?;
        let run = Run::new("pg_basebackup", command, job.limits.tool);
        let ended = with_progress(job, taking, run.finish(job.stop, |_| {})).await?;
        if ended.status.success() {
            return Ok(());
        }
        Err(Error::DumpFailed {
            tool: client.describe(),
            status: ended.status.to_string(),
            output: ended.said,
        })
    }
}

/// Holds every file against the manifest that the server sent, and reads the WAL.
async fn verify(job: &Job<'_>, source: &Source, target: &Path) -> Result<(), Error> {
    let client = tool(job, source, "pg_verifybackup").await?;
    let mut command = Command::new(&client.program);
    command.arg(target);
    let ended = Run::new("pg_verifybackup", command, job.limits.tool).finish(job.stop, |_| {}).await?;
    if ended.status.success() {
        return Ok(());
    }
    Err(Error::DumpFailed { tool: client.describe(), status: ended.status.to_string(), output: ended.said })
}

/// Of the source's own version, where there is one: the WAL is read by programs of that version only.
async fn tool(job: &Job<'_>, source: &Source, name: &str) -> Result<Client, Error> {
    let found = job.tools.find_all(name, source.major()).await?;
    found.into_iter().next().ok_or_else(|| Error::ToolMissing { tool: name.to_owned() })
}

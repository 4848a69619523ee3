//! `pg_dump` in directory format, under an exported snapshot.

mod compression;

use std::process::Command;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{Adapter, Form, Produced, Taking};
use crate::process::Run;
use crate::source::Source;
use crate::{Client, Error, Event, Job, Strength, hash, space};
use compression::Compression;

/// How often the bytes in the folder are told.
const PROGRESS: Duration = Duration::from_secs(1);

/// Where in the folder the dump is.
pub(crate) const FOLDER: &str = "dump";

/// `pg_dump --format=directory`. Restored with `pg_restore`.
///
/// On the source: ACCESS SHARE on every table until the dump ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PgDump;

impl Adapter for PgDump {
    fn name(&self) -> &'static str {
        "pg_dump"
    }

    fn strength_max(&self) -> Strength {
        Strength::Compared
    }

    fn form(&self) -> Form {
        Form::Dump
    }

    fn preflight<'a>(&'a self, job: &'a Job<'a>, source: &'a Source) -> BoxFuture<'a, Result<String, Error>> {
        Box::pin(async move {
            source.require_readable()?;
            space::check(job.dir, source.table_bytes, job.limits.bytes)?;
            Ok(client(job, source).await?.describe())
        })
    }

    fn take<'a>(&'a self, job: &'a Job<'a>, taking: Taking<'a>) -> BoxFuture<'a, Result<Produced, Error>> {
        Box::pin(async move {
            let client = client(job, taking.source).await?;
            dump(job, &client, taking).await?;
            Ok(Produced::default())
        })
    }
}

async fn dump(job: &Job<'_>, client: &Client, taking: Taking<'_>) -> Result<(), Error> {
    let mut command = Command::new(&client.program);
    let compression = Compression::fastest(client, job.limits.tool).await?;
    command.args(["--format=directory", "--no-password", "--verbose", "-b"]);
    command.arg(format!("--jobs={}", job.jobs.max(1)));
    command.arg(format!("--compress={}", compression.argument()));
    command.arg(format!("--lock-wait-timeout={}", job.limits.lock.as_millis()));
    command.args(taking.snapshot_id.map(|id| format!("--snapshot={id}")));
    command.arg("--file").arg(taking.dir.join(FOLDER));
    let name = format!("{} pg_dump", job.taken_by);
    let encrypted = taking.source.is_encrypted;
    let settings = job.source.settings();
    let _password = settings.give_to(&mut command, &name, encrypted, taking.dir).map_err(Error::Source)?;
    let run = Run::new("pg_dump", command, job.limits.tool);
    let ended = with_progress(job, taking, run.finish(job.stop, |_| {})).await?;
    if ended.status.success() {
        return Ok(());
    }
    Err(Error::DumpFailed { tool: client.describe(), status: ended.status.to_string(), output: ended.said })
}

/// Tells the bytes in the folder while `work` goes on.
pub(super) async fn with_progress<T>(job: &Job<'_>, taking: Taking<'_>, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        if let Ok(done) = tokio::time::timeout(PROGRESS, &mut work).await {
            return done;
        }
        let bytes = hash::written(taking.dir);
        (job.on_event)(Event::Written { bytes, estimated_bytes: taking.source.table_bytes });
    }
}

/// The `pg_dump` that can reach the source; of its version, if there is one.
async fn client(job: &Job<'_>, source: &Source) -> Result<Client, Error> {
    let found = job.tools.find_all("pg_dump", source.major()).await?;
    if !source.is_encrypted {
        return found.into_iter().next().ok_or_else(|| Error::ToolMissing { tool: "pg_dump".to_owned() });
    }
    let mut without = None;
    for client in found {
        if has_tls(&client, job.limits.tool).await? {
            return Ok(client);
        }
        without.get_or_insert(client.program);
    }
    Err(without.map_or_else(
        || Error::ToolMissing { tool: "pg_dump".to_owned() },
        |program| Error::ToolWithoutTls { program },
    ))
}

/// A libpq without TLS refuses `sslmode=require` before it looks for the server, which is nowhere here.
async fn has_tls(client: &Client, limit: Duration) -> Result<bool, Error> {
    let mut command = nowhere(client);
    command.env("PGSSLMODE", "require");
    let ended = Run::new("pg_dump", command, limit).finish(&pgrefit_pg::Stop::default(), |_| {}).await?;
    Ok(!ended.said.contains("SSL support is not compiled in"))
}

/// The program, sent to a server that cannot be there.
fn nowhere(client: &Client) -> Command {
    let mut command = Command::new(&client.program);
    command.args(["--no-password", "--dbname=none", "--file=/dev/null"]);
    for name in
        ["PGSERVICE", "PGSERVICEFILE", "PGHOSTADDR", "PGPASSWORD", "PGSSLROOTCERT", "PGSSLNEGOTIATION"]
    {
        command.env_remove(name);
    }
    // Port 1 of the loopback: refused at once.
    command.env("PGHOST", "127.0.0.1").env("PGPORT", "1").env("PGCONNECT_TIMEOUT", "3");
    command
}

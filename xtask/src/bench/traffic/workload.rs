//! The application: pgbench with a fixed rate of arrivals, so that a request which nobody answers delays those
//! behind it, as it does in production. A latency counts from the time when the transaction was due.

use super::figures::LATE_US;
use super::log::{Fate, Transaction, aborted_clients, transactions};
use crate::bench::process::{Process, tail};
use crate::bench::server::Server;
use crate::failure::{Failure, Outcome};
use crate::workspace;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Connections, as a pool of the application would have them.
const CLIENTS: &str = "16";

/// How long the transactions under way may take to end when the workload is stopped.
const STOP_LIMIT: Duration = Duration::from_secs(30);

pub(in crate::bench) struct Workload {
    process: Process,
    dir: PathBuf,
    said: PathBuf,
}

/// What a workload has done.
pub(in crate::bench) struct Done {
    pub(in crate::bench) transactions: Vec<Transaction>,
    pub(in crate::bench) aborted_clients: usize,
}

/// One kind of transaction: its script, and how often it comes of a hundred.
#[derive(Clone, Copy)]
pub(in crate::bench) struct Script<'a> {
    pub(in crate::bench) path: &'a Path,
    pub(in crate::bench) weight: u32,
}

/// How much of it.
#[derive(Clone, Copy)]
pub(in crate::bench) struct Amount {
    pub(in crate::bench) rows: u64,
    /// Transactions a second.
    pub(in crate::bench) rate: u32,
    /// Longer than any run lasts: the workload is stopped before.
    pub(in crate::bench) limit: Duration,
}

impl Workload {
    /// Runs the scripts on a database. Its logs are in `dir`, which is emptied; what pgbench says goes to `said`.
    pub(in crate::bench) fn start(
        server: &Server,
        (dir, said): (PathBuf, PathBuf),
        url: &str,
        scripts: &[Script<'_>],
        amount: Amount,
    ) -> Outcome<Self> {
        workspace::empty_dir(&dir)?;
        let mut pgbench = server.program("pgbench");
        pgbench.args(["-n", "-c", CLIENTS, "-j", "1", "-M", "extended", "--max-tries=1", "-l"]);
        pgbench.arg(format!("--log-prefix={}", dir.join("log").display()));
        pgbench.arg(format!("--rate={}", amount.rate));
        pgbench.arg(format!("--latency-limit={}", LATE_US / 1000));
        pgbench.arg(format!("--time={}", amount.limit.as_secs()));
        pgbench.arg(format!("--define=rows={}", amount.rows));
        for Script { path, weight } in scripts {
            pgbench.arg("-f").arg(format!("{}@{weight}", path.display()));
        }
        Ok(Self { process: Process::start(pgbench.arg(url), &said)?, dir, said })
    }

    /// Ends it as if its time were over. pgbench ends itself by an alarm, which finishes what is under way and
    /// writes the logs; any other signal would lose the last of them. When every client has given up, it has
    /// ended already.
    pub(in crate::bench) fn stop(mut self) -> Outcome<Done> {
        if self.process.wait_until(Instant::now())?.is_none() {
            self.process.signal("ALRM")?;
        }
        let status = self.process.wait_until(Instant::now() + STOP_LIMIT)?;
        let aborted_clients = aborted_clients(&workspace::read(&self.said)?);
        match status {
            Some(status) if status.success() || aborted_clients > 0 => {}
            Some(status) => {
                return Err(Failure::of_program(format!("run pgbench ({})", tail(&self.said)), status));
            }
            None => return Err(Failure::because("stop pgbench", "it did not end in time")),
        }
        Ok(Done { transactions: self.transactions()?, aborted_clients })
    }

    /// From all the files: pgbench writes one a thread.
    fn transactions(&self) -> Outcome<Vec<Transaction>> {
        let unreadable = |cause| Failure::because(format!("read {}", self.dir.display()), cause);
        let mut all = Vec::new();
        for entry in std::fs::read_dir(&self.dir).map_err(unreadable)? {
            all.extend(transactions(&workspace::read(&entry.map_err(unreadable)?.path())?)?);
        }
        Ok(all)
    }
}

impl Done {
    /// How many transactions of one script were answered, by its place in the list.
    pub(in crate::bench) fn served(&self, script: usize) -> usize {
        let of = |t: &&Transaction| t.script == script && matches!(t.fate, Fate::Served { .. });
        self.transactions.iter().filter(of).count()
    }
}

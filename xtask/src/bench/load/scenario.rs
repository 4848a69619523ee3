//! One run: a fresh copy of the database, the application, the reader, the migration, and what came of it.

use super::Args;
use super::files::Files;
use super::modes::{Migrator, Mode};
use super::summary::{Round, Summary};
use crate::bench::process::{Process, tail};
use crate::bench::server::Server;
use crate::bench::traffic::{Amount, Figures, Script, Window, Workload, now_us};
use crate::failure::{Failure, Outcome};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The prepared database and its copy.
const BASE: &str = "load_base";
const RUN: &str = "load_run";

/// After the copy, so that its writes are done.
const SETTLE: Duration = Duration::from_secs(3);
/// Before the reader begins.
const WARM_UP: Duration = Duration::from_secs(5);
/// From the begin of the reader to that of the migration.
const HEAD_START: Duration = Duration::from_secs(1);
/// After the end of both, so that what has queued is answered.
const AFTERMATH: Duration = Duration::from_secs(5);
/// For everything that is no migration.
const SLACK: Duration = Duration::from_mins(2);

pub(super) struct Scenario<'a> {
    pub(super) args: &'a Args,
    pub(super) server: &'a Server,
    pub(super) files: &'a Files,
    pub(super) migrator: Migrator<'a>,
}

impl Scenario<'_> {
    /// The base is made by pgrefit, so that its history is there for pgrefit and refinery.
    pub(super) fn prepare(&self) -> Outcome<()> {
        eprintln!("preparing {} documents", self.args.rows);
        // A checkpoint that is forced by the volume of the log would be noise of one run and not of another.
        self.psql(
            self.server.url(),
            &["-c", "ALTER SYSTEM SET max_wal_size = '8GB'", "-c", "SELECT pg_reload_conf()"],
        )?;
        let url = self.server.fresh(BASE)?;
        self.program(self.migrator.pgrefit("base", &url).args(["--target", "1"]))?;
        let rows = format!("rows={}", self.args.rows);
        let script = self.files.script("rows");
        self.program(self.server.psql(&url).args(["-v", &rows, "-f"]).arg(script))?;
        self.program(&mut self.migrator.pgrefit("base", &url))?;
        self.psql(&url, &["-c", "VACUUM (FREEZE, ANALYZE)"])
    }

    /// Each round begins with another way.
    pub(super) fn rounds(&self, modes: &[Mode]) -> Outcome<Vec<Summary>> {
        let mut summaries: Vec<_> =
            modes.iter().map(|mode| Summary { mode: *mode, rounds: Vec::new() }).collect();
        let installed: Vec<_> =
            (0..summaries.len()).filter(|at| summaries[*at].mode.is_installed()).collect();
        for round in 0..usize::from(self.args.rounds) {
            for turn in 0..installed.len() {
                let summary = &mut summaries[installed[(round + turn) % installed.len()]];
                let result = self.round(summary.mode)?;
                let (name, migration_s, max_ms) =
                    (summary.mode.name(), result.migration_s, result.figures.max_ms);
                eprintln!("round {}, {name}: {migration_s:.1} s, longest wait {max_ms:.0} ms", round + 1);
                summary.rounds.push(result);
            }
        }
        Ok(summaries)
    }

    fn round(&self, mode: Mode) -> Outcome<Round> {
        let url = self.server.copy(BASE, RUN)?;
        self.psql(&url, &["-c", "CHECKPOINT", "-c", "SELECT count(content) FROM documents"])?;
        sleep(SETTLE);

        let (limit, reader) = (Duration::from_secs(self.args.limit), Duration::from_secs(self.args.reader));
        let amount = Amount { rows: self.args.rows, rate: self.args.rate, limit: limit + reader + SLACK };
        let paths = ["select", "insert", "update"].map(|name| self.files.script(name));
        let [select, insert, update] = &paths;
        let script = |path, weight| Script { path, weight };
        let scripts = [script(select, 70), script(insert, 10), script(update, 20)];
        let logs = (self.files.dir("transactions"), self.files.log("pgbench"));
        let workload = Workload::start(self.server, logs, &url, &scripts, amount)?;
        sleep(WARM_UP);
        let from_us = now_us()?;
        let mut reader = self.reader(&url)?;
        sleep(HEAD_START);

        let begin = Instant::now();
        let problem = self.migrator.run(mode, &url, begin + limit)?;
        let migration_s = begin.elapsed().as_secs_f64();
        reader.succeed_until(begin + limit + SLACK)?;
        sleep(AFTERMATH);

        let window = Window { from_us, to_us: now_us()? };
        let done = workload.stop()?;
        let figures = Figures::of(&done.transactions, done.aborted_clients, window);
        let problem = if mode == Mode::None { problem } else { problem.or(self.undone(&url)?) };
        Ok(Round { migration_s, problem, figures })
    }

    fn reader(&self, url: &str) -> Outcome<Process> {
        let sql = include_str!("app/reader.sql").replace("SECONDS", &self.args.reader.to_string());
        Process::start(self.server.psql(url).args(["-c", &sql]), &self.files.log("reader"))
    }

    /// A tool that says it is done, and is not, has not migrated.
    fn undone(&self, url: &str) -> Outcome<Option<String>> {
        let single = format!("single={}", self.args.single);
        let mut psql = self.server.psql(url);
        psql.args(["-A", "-t", "-v", &single, "-f"]).arg(self.files.script("undone"));
        let output = psql.output().map_err(|cause| Failure::because("start psql", cause))?;
        if !output.status.success() {
            return Err(Failure::of_program("ask what is undone", output.status));
        }
        let undone = String::from_utf8_lossy(&output.stdout).lines().collect::<Vec<_>>().join(", ");
        Ok(if undone.is_empty() { None } else { Some(format!("undone: {undone}")) })
    }

    fn psql(&self, url: &str, arguments: &[&str]) -> Outcome<()> {
        self.program(self.server.psql(url).args(arguments))
    }

    /// Preparation: what it says is shown only if it fails.
    fn program(&self, command: &mut std::process::Command) -> Outcome<()> {
        let log = self.files.log("prepare");
        let end = Instant::now() + Duration::from_secs(self.args.limit) + SLACK;
        Process::start(command, &log)?.succeed_until(end).inspect_err(|_| eprintln!("{}", tail(&log)))
    }
}

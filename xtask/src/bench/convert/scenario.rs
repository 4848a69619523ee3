//! The prepared database, its copy for each run, and a run.

use super::after::{After, Before};
use super::{Args, Run};
use crate::bench::chance::between;
use crate::bench::process::{Process, tail};
use crate::bench::server::Server;
use crate::bench::traffic::{Amount, Figures, Script, Window, Workload, now_us};
use crate::failure::{Failure, Outcome};
use crate::product::Product;
use crate::{shell, workspace};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const BASE: &str = "convert_base";
const RUN: &str = "convert_run";

const FILES: [(&str, &str); 7] = [
    ("base/V1__tables.sql", include_str!("base/tables.sql")),
    ("base/V2__indexes.sql", include_str!("base/indexes.sql")),
    ("rows.sql", include_str!("base/rows.sql")),
    ("select.sql", include_str!("app/select.sql")),
    ("insert.sql", include_str!("app/insert.sql")),
    ("update.sql", include_str!("app/update.sql")),
    ("after.sql", include_str!("app/after.sql")),
];

/// Before the conversion begins, and after it has ended.
const CALM: Duration = Duration::from_secs(5);
/// Longer than any conversion.
const LIMIT: Duration = Duration::from_hours(1);

/// Where each is in the list of scripts.
const SELECT: usize = 0;
const INSERT: usize = 1;
const UPDATE: usize = 2;

pub(super) struct Scenario<'a> {
    args: &'a Args,
    product: &'a Product,
    server: &'a Server,
    dir: PathBuf,
}

impl<'a> Scenario<'a> {
    /// The table is made by pgrefit, so that its history is there.
    pub(super) fn prepare(args: &'a Args, product: &'a Product, server: &'a Server) -> Outcome<Self> {
        let dir = workspace::target("bench").join("convert");
        workspace::create_dir(&dir.join("base"))?;
        for (name, text) in FILES {
            workspace::write(&dir.join(name), text)?;
        }
        let scenario = Self { args, product, server, dir };
        eprintln!("preparing {} documents", args.rows);
        // A checkpoint that is forced by the volume of the log would be noise of one run and not of another.
        scenario.psql(
            server.url(),
            &[
                "ALTER SYSTEM SET max_wal_size = '16GB'",
                "ALTER SYSTEM SET checkpoint_timeout = '1h'",
                "SELECT pg_reload_conf()",
            ],
        )?;
        let url = server.fresh(BASE)?;
        let mut migrate = scenario.pgrefit(&url, &["migrate", "--migrations", "base", "--target", "1"]);
        shell::succeed(migrate.stdout(Stdio::null()).stderr(Stdio::null()))?;
        let mut psql = server.psql(&url);
        psql.args(["-v", &format!("rows={}", args.rows), "-f"]).arg(scenario.dir.join("rows.sql"));
        shell::succeed(&mut psql)?;
        let mut migrate = scenario.pgrefit(&url, &["migrate", "--migrations", "base"]);
        shell::succeed(migrate.stdout(Stdio::null()).stderr(Stdio::null()))?;
        scenario.psql(&url, &["VACUUM (FREEZE, ANALYZE)"])?;
        Ok(scenario)
    }

    /// Converts a fresh copy beside the application; with the time it takes undisturbed, its runner is killed on the way.
    pub(super) fn run(&self, name: &'static str, undisturbed_s: Option<f64>) -> Outcome<Run> {
        let url = self.server.copy(BASE, RUN)?;
        self.configure()?;
        self.psql(&url, &["CHECKPOINT", "SELECT count(content) FROM documents"])?;
        let paths = ["select", "insert", "update"].map(|script| self.dir.join(script).with_extension("sql"));
        let mut scripts = [70, 10, 20].map(|weight| Script { path: &paths[SELECT], weight });
        scripts[INSERT].path = &paths[INSERT];
        scripts[UPDATE].path = &paths[UPDATE];
        let amount = Amount { rows: self.args.rows, rate: self.args.rate, limit: LIMIT };
        let logs = (self.dir.join("transactions"), self.dir.join("pgbench.log"));
        let workload = Workload::start(self.server, logs, &url, &scripts, amount)?;
        let from_us = now_us()?;
        sleep(CALM);

        let begin = Instant::now();
        let killed_after_ms = self.killed(&url, undisturbed_s)?;
        self.convert(&url)?
            .succeed_until(begin + LIMIT)
            .inspect_err(|_| eprintln!("{}", tail(&self.log())))?;
        let seconds = begin.elapsed().as_secs_f64();
        sleep(CALM);

        let window = Window { from_us, to_us: now_us()? };
        let done = workload.stop()?;
        let before =
            Before { rows: self.args.rows, inserts: done.served(INSERT), updates: done.served(UPDATE) };
        let figures = Figures::of(&done.transactions, done.aborted_clients, window);
        let after = After::of(&self.after(&url)?, before)?;
        eprintln!("{name}: {seconds:.1} s, longest wait {:.0} ms", figures.max_ms);
        Ok(Run { name, seconds, killed_after_ms, figures, after })
    }

    /// Starts the conversion and kills it at random moments, as often as asked for.
    fn killed(&self, url: &str, undisturbed_s: Option<f64>) -> Outcome<Vec<u64>> {
        let Some(undisturbed_s) = undisturbed_s else { return Ok(Vec::new()) };
        let mean_s = undisturbed_s / f64::from(self.args.kills + 1);
        let mut after_ms = Vec::new();
        for _ in 0..self.args.kills {
            let start = Instant::now();
            let moment = Duration::from_secs_f64(mean_s * between(0.2, 1.8));
            let mut process = self.convert(url)?;
            match process.wait_until(start + moment)? {
                None => drop(process), // which kills it
                Some(status) if status.success() => break,
                Some(status) => {
                    eprintln!("{}", tail(&self.log()));
                    return Err(Failure::of_program("go on with a killed conversion", status));
                }
            }
            after_ms.push(start.elapsed().as_millis().try_into().unwrap_or(u64::MAX));
        }
        Ok(after_ms)
    }

    /// The folder as a user has it: the configuration, and the migrations so far.
    fn configure(&self) -> Outcome<()> {
        let migrations = self.dir.join("migrations");
        workspace::empty_dir(&migrations)?;
        for (name, text) in FILES {
            if let Some(name) = name.strip_prefix("base/") {
                workspace::write(&migrations.join(name), text)?;
            }
        }
        let moves = !self.args.adopt_only;
        let config = include_str!("base/pgrefit.toml").replace("MOVE", &moves.to_string());
        workspace::write(&self.dir.join("pgrefit.toml"), config)
    }

    fn convert(&self, url: &str) -> Outcome<Process> {
        let mut convert = self.pgrefit(url, &["partition", "convert", "documents"]);
        Process::start(&mut convert, &self.log())
    }

    fn log(&self) -> PathBuf {
        self.dir.join("convert.log")
    }

    fn pgrefit(&self, url: &str, args: &[&str]) -> Command {
        let mut pgrefit = self.product.command_on_disposable();
        pgrefit.args(args).current_dir(&self.dir).env("DATABASE_URL", url);
        pgrefit
    }

    fn after(&self, url: &str) -> Outcome<String> {
        let mut psql = self.server.psql(url);
        psql.args(["-A", "-t", "-f"]).arg(self.dir.join("after.sql"));
        shell::first_line(&mut psql).ok_or_else(|| Failure::new("look at the table afterwards"))
    }

    fn psql(&self, url: &str, statements: &[&str]) -> Outcome<()> {
        let mut psql = self.server.psql(url);
        for statement in statements {
            psql.args(["-c", statement]);
        }
        shell::succeed(psql.stdout(Stdio::null()))
    }
}

//! The prepared database, its copy for each run, and the commands of the contenders.

use super::Args;
use super::effort::Effort;
use crate::bench::server::Server;
use crate::bench::timing::Contender;
use crate::failure::{Failure, Outcome};
use crate::product::Product;
use crate::{shell, workspace};
use std::cell::Cell;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The prepared database and its copy: one at a time, so that no autovacuum cleans up after another run.
const BASE: &str = "backfill_base";
const RUN: &str = "backfill_run";

const TABLE: &str = include_str!("sql/table.sql");
const ROWS: &str = include_str!("sql/rows.sql");
const ONCE: &str = include_str!("sql/once.sql");

pub(super) struct Scenario<'a> {
    product: &'a Product,
    server: &'a Server,
    dir: PathBuf,
    /// The URL of the copy, until it is looked at.
    run: Cell<Option<String>>,
    /// Rounds of pgrefit so far: each has a report of its own.
    rounds: Cell<usize>,
    /// Rows of earlier copies that were not done once, and were not asked for yet.
    wrong: Cell<u64>,
}

impl<'a> Scenario<'a> {
    /// The table is made by pgrefit, so that its history is there.
    pub(super) fn prepare(args: &Args, product: &'a Product, server: &'a Server) -> Outcome<Self> {
        let dir = workspace::target("bench").join("backfill");
        let scenario = Self {
            product,
            server,
            dir,
            run: Cell::default(),
            rounds: Cell::default(),
            wrong: Cell::default(),
        };
        eprintln!("preparing {} rows", args.rows);
        scenario.write_files(args.target)?;
        // A checkpoint that is forced by time or by the volume of the log would be noise of one run and not of another.
        scenario.psql(
            server.url(),
            &[
                "ALTER SYSTEM SET max_wal_size = '8GB'",
                "ALTER SYSTEM SET checkpoint_timeout = '1h'",
                "SELECT pg_reload_conf()",
            ],
        )?;
        let url = server.fresh(BASE)?;
        let mut migrate = scenario.pgrefit(&url);
        shell::succeed(migrate.args(["--target", "1"]).stdout(Stdio::null()).stderr(Stdio::null()))?;
        let mut psql = server.psql(&url);
        psql.args(["-v", &format!("rows={}", args.rows), "-f"]).arg(scenario.dir.join("rows.sql"));
        shell::succeed(&mut psql)?;
        scenario.psql(&url, &["VACUUM (FREEZE, ANALYZE)"])?;
        Ok(scenario)
    }

    fn write_files(&self, target_ms: u32) -> Outcome<()> {
        workspace::create_dir(&self.dir.join("migrations"))?;
        let backfill = format!("-- pgrefit:backfill target={target_ms}ms\n{ONCE}");
        workspace::write(&self.dir.join("migrations/V1__items.sql"), TABLE)?;
        workspace::write(&self.dir.join("migrations/V2__once.sql"), backfill)?;
        workspace::write(&self.dir.join("rows.sql"), ROWS)
    }

    /// One statement, and batches.
    pub(super) fn contenders(&self) -> [Contender<'_>; 2] {
        let psql = Contender::new("psql", || {
            let mut psql = self.server.psql(&self.copy()?);
            psql.args(["-c", ONCE]);
            Ok(psql)
        });
        let pgrefit = Contender::new("pgrefit", || {
            let mut pgrefit = self.pgrefit(&self.copy()?);
            self.rounds.update(|rounds| rounds + 1);
            pgrefit.arg("--report").arg(self.report(self.rounds.get()));
            Ok(pgrefit)
        });
        [psql, pgrefit]
    }

    /// A fresh copy in place of the last one, which is looked at first. It is warm, and nothing of it is still to be
    /// written.
    pub(super) fn copy(&self) -> Outcome<String> {
        self.look_back()?;
        let url = self.server.copy(BASE, RUN)?;
        self.psql(&url, &["VACUUM", "CHECKPOINT", "SELECT count(body) FROM items"])?;
        self.run.set(Some(url.clone()));
        Ok(url)
    }

    /// Migrates: does what is left of the backfill.
    pub(super) fn pgrefit(&self, url: &str) -> Command {
        let mut pgrefit = self.product.command_on_disposable();
        // Without a configuration file: pgrefit as it comes.
        pgrefit.arg("migrate").current_dir(&self.dir).env("DATABASE_URL", url);
        pgrefit
    }

    /// What the batches came to, by round.
    pub(super) fn efforts(&self) -> Outcome<Vec<Effort>> {
        let rounds = 1..=self.rounds.get();
        rounds.map(|round| Effort::of_report(&workspace::read(&self.report(round))?)).collect()
    }

    /// Rows that were not done once, in the copies since this was asked last.
    pub(super) fn wrong(&self) -> Outcome<u64> {
        self.look_back()?;
        Ok(self.wrong.take())
    }

    fn look_back(&self) -> Outcome<()> {
        if let Some(url) = self.run.take() {
            self.wrong.set(self.wrong.get() + self.count(&url, "n <> 1")?);
        }
        Ok(())
    }

    /// Rows that are done so far.
    pub(super) fn done(&self, url: &str) -> Outcome<u64> {
        self.count(url, "n > 0")
    }

    /// Where a program writes what it says.
    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.dir.join(name).with_extension("log")
    }

    fn report(&self, round: usize) -> PathBuf {
        self.dir.join(format!("round-{round}.json"))
    }

    fn count(&self, url: &str, condition: &str) -> Outcome<u64> {
        let mut psql = self.server.psql(url);
        psql.args(["-A", "-t", "-c", &format!("SELECT count(*) FROM items WHERE {condition}")]);
        let count = shell::first_line(&mut psql).and_then(|line| line.parse().ok());
        count.ok_or_else(|| Failure::new(format!("count the rows with {condition}")))
    }

    fn psql(&self, url: &str, statements: &[&str]) -> Outcome<()> {
        let mut psql = self.server.psql(url);
        for statement in statements {
            psql.args(["-c", statement]);
        }
        shell::succeed(psql.stdout(Stdio::null()))
    }
}

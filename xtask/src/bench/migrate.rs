//! `cargo xtask bench migrate`: many small migrations, applied by pgrefit, by psql and by refinery's own
//! command line.
//!
//! psql is the floor: it keeps no history, and runs the same files as one script, each in a transaction of
//! its own as the others run them. The goals are medians: to apply as fast as psql, and to find nothing to do
//! as fast as refinery does.

use super::server::Server;
use super::timing::{Contender, measure};
use crate::failure::Outcome;
use crate::product::Product;
use crate::{shell, workspace};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const REFINERY: &str = "refinery";
const PGREFIT: &str = "pgrefit";
const PSQL: &str = "psql";

/// Slower than the reference by more than this factor misses the goal.
const RATIO_MAX: f64 = 1.0;

/// Apply many small migrations, then find nothing to do, against psql and refinery (if installed)
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Migrations to apply
    #[arg(long, default_value_t = 500)]
    migrations: usize,
    /// Rounds of each measurement
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let product = Product::build_release()?;
    let files = Files::generate(args.migrations)?;
    let server = Server::start(&product)?;
    let rounds = usize::from(args.rounds);
    let tools = Tools { product: &product, server: &server, files: &files, has_refinery: has_refinery() };

    let mut apply = tools.apply();
    measure(&mut apply, rounds)?;
    let mut nothing = tools.nothing_to_do()?;
    measure(&mut nothing, rounds)?;

    let results =
        [Comparison::of("apply", &apply, PSQL), Comparison::of("nothing to do", &nothing, REFINERY)];
    report(&results, args)
}

/// The migrations, one file each, and the same as one script for psql.
struct Files {
    dir: PathBuf,
    script: PathBuf,
}

impl Files {
    fn generate(count: usize) -> Outcome<Self> {
        let home = workspace::target("bench");
        let dir = home.join(format!("migrations-{count}"));
        workspace::create_dir(&dir)?;
        let mut all = String::new();
        for number in 1..=count {
            let sql = migration(number);
            workspace::write(&dir.join(format!("V{number}__table_{number}.sql")), &sql)?;
            // Writing to a String cannot fail.
            let _ = write!(all, "BEGIN;\n{sql}COMMIT;\n");
        }
        let script = home.join("all.sql");
        workspace::write(&script, all)?;
        Ok(Self { dir, script })
    }
}

fn migration(number: usize) -> String {
    format!(
        "-- A table with a primary key and an index.\n\
         CREATE TABLE bench_{number} (id bigint PRIMARY KEY, name text NOT NULL, created_at timestamptz NOT NULL);\n\
         CREATE INDEX bench_{number}_created_at ON bench_{number} (created_at);\n"
    )
}

struct Tools<'a> {
    product: &'a Product,
    server: &'a Server,
    files: &'a Files,
    has_refinery: bool,
}

impl<'a> Tools<'a> {
    /// Every tool on an empty database of its own.
    fn apply(&'a self) -> Vec<Contender<'a>> {
        let mut contenders = vec![
            Contender::new(PGREFIT, || Ok(self.pgrefit(&self.server.fresh("bench_pgrefit")?))),
            Contender::new(PSQL, || {
                let mut psql = self.server.psql(&self.server.fresh("bench_psql")?);
                psql.arg("-f").arg(&self.files.script);
                Ok(psql)
            }),
        ];
        if self.has_refinery {
            let fresh = || Ok(refinery(&self.server.fresh("bench_refinery")?, &self.files.dir));
            contenders.push(Contender::new(REFINERY, fresh));
        }
        contenders
    }

    /// Every tool on a database that it has brought up to date itself.
    fn nothing_to_do(&'a self) -> Outcome<Vec<Contender<'a>>> {
        let url = self.server.fresh("bench_pgrefit")?;
        shell::succeed(self.pgrefit(&url).stdout(std::process::Stdio::null()))?;
        let connect = url.clone();
        let mut contenders = vec![
            Contender::new(PGREFIT, move || Ok(self.pgrefit(&url))),
            Contender::new(PSQL, move || {
                let mut psql = self.server.psql(&connect);
                psql.args(["-c", "SELECT 1"]);
                Ok(psql)
            }),
        ];
        if self.has_refinery {
            let url = self.server.fresh("bench_refinery")?;
            shell::succeed(refinery(&url, &self.files.dir).stdout(std::process::Stdio::null()))?;
            let again = move || Ok(refinery(&url, &self.files.dir));
            contenders.push(Contender::new(REFINERY, again));
        }
        Ok(contenders)
    }

    fn pgrefit(&self, url: &str) -> Command {
        let mut pgrefit = self.product.command_on_disposable();
        pgrefit.arg("migrate").arg("--migrations").arg(&self.files.dir);
        pgrefit.env("DATABASE_URL", url);
        pgrefit
    }
}

fn refinery(url: &str, migrations: &Path) -> Command {
    let mut refinery = Command::new(REFINERY);
    refinery.args(["migrate", "-e", "DATABASE_URL", "-p"]).arg(migrations);
    refinery.env("DATABASE_URL", url);
    refinery
}

fn has_refinery() -> bool {
    shell::first_line(Command::new(REFINERY).arg("--version")).is_some()
}

/// The times of one measurement, and how pgrefit stands to the tool that sets its goal.
struct Comparison {
    name: &'static str,
    /// The tool, its median and its range in ms.
    rows: Vec<(&'static str, f64, (f64, f64))>,
    reference: &'static str,
    /// pgrefit's median by the reference's; nothing when the reference did not run.
    ratio: Option<f64>,
    json: Value,
}

impl Comparison {
    fn of(name: &'static str, contenders: &[Contender<'_>], reference: &'static str) -> Self {
        let row = |c: &Contender<'_>| (c.name, c.times.median_ms(), c.times.range_ms());
        let rows: Vec<_> = contenders.iter().map(row).collect();
        let median = |tool| rows.iter().find(|row| row.0 == tool).map(|row| row.1);
        let ratio = median(PGREFIT).zip(median(reference)).map(|(own, other)| own / other);
        let times = contenders.iter().map(|c| (c.name.to_owned(), c.times.to_json()));
        let json = json!({
            "name": name,
            "times": times.collect::<serde_json::Map<_, _>>(),
            "reference": reference,
            "ratio": ratio,
            "ratio_max": RATIO_MAX,
        });
        Self { name, rows, reference, ratio, json }
    }

    /// A goal without a reference to measure against is not missed; the table says that it was not measured.
    fn is_missed(&self) -> bool {
        self.ratio.is_some_and(|ratio| ratio > RATIO_MAX)
    }

    fn verdict(&self) -> String {
        let (name, reference) = (self.name, self.reference);
        match self.ratio {
            Some(ratio) if self.is_missed() => {
                format!("{name}: {ratio:.2} × {reference}, missed the goal of {RATIO_MAX:.1}")
            }
            Some(ratio) => format!("{name}: {ratio:.2} × {reference}, within the goal of {RATIO_MAX:.1}"),
            None => format!("{name}: {reference} is not installed, the goal was not measured"),
        }
    }
}

fn report(results: &[Comparison], args: &Args) -> Outcome<ExitCode> {
    println!("{} migrations, {} rounds, whole process, ms", args.migrations, args.rounds);
    println!("{:<14} {:<9} {:>9} {:>9} {:>9}", "", "", "median", "min", "max");
    for result in results {
        for (tool, median, (min, max)) in &result.rows {
            println!("{:<14} {tool:<9} {median:>9.1} {min:>9.1} {max:>9.1}", result.name);
        }
    }
    for result in results {
        println!("{}", result.verdict());
    }
    let comparisons: Vec<_> = results.iter().map(|result| &result.json).collect();
    let json = json!({ "migrations": args.migrations, "rounds": args.rounds, "comparisons": comparisons });
    workspace::write(&workspace::target("bench").join("migrate.json"), format!("{json:#}\n"))?;
    let missed = results.iter().any(Comparison::is_missed);
    Ok(ExitCode::from(u8::from(missed)))
}

#[cfg(test)]
mod tests {
    use super::{Comparison, PGREFIT, PSQL};
    use serde_json::Value;

    fn check(ratio: Option<f64>, missed: bool, verdict: &str) {
        let rows = vec![(PGREFIT, 1.0, (1.0, 1.0))];
        let comparison = Comparison { name: "apply", rows, reference: PSQL, ratio, json: Value::Null };
        assert_eq!((comparison.is_missed(), comparison.verdict().as_str()), (missed, verdict));
    }

    #[test]
    fn a_goal_is_missed_only_by_measurement() {
        check(Some(0.8), false, "apply: 0.80 × psql, within the goal of 1.0");
        check(Some(1.0), false, "apply: 1.00 × psql, within the goal of 1.0");
        check(Some(1.01), true, "apply: 1.01 × psql, missed the goal of 1.0");
        check(None, false, "apply: psql is not installed, the goal was not measured");
    }
}

//! Whether the size that `pgrefit tune pool` recommends is as good as the best of all, by a sweep over every size.

use super::{Bench, answer};
use crate::bench::timing::median;
use crate::failure::{Failure, Outcome};
use crate::workspace;
use serde_json::{Value, json};
use std::process::Stdio;

const USERS: usize = 32;
const SIZE_MAX: usize = 24;
/// What it waits for, and the statement.
const WORKLOADS: [(&str, &str); 3] = [
    ("processor", "SELECT sum(abalance) FROM pgbench_accounts WHERE aid BETWEEN $1 AND $1 + 5000"),
    ("waiting", "SELECT pg_sleep(0.005), $1::int"),
    (
        "both",
        "SELECT pg_sleep(0.003), sum(abalance) FROM pgbench_accounts WHERE aid BETWEEN $1 AND $1 + 2000",
    ),
];

#[derive(Clone, Debug)]
pub(super) struct Measurement {
    pub(super) workload: &'static str,
    /// That of deadpool: twice the processors of the client.
    pub(super) default_size: usize,
    /// Nothing where it refused to recommend one, and why.
    pub(super) recommended: Result<usize, String>,
    /// Of each size from 1 on: answers a second, and the 99th percentile in ms; medians of the rounds.
    pub(super) sizes: Vec<(f64, f64)>,
}

impl Measurement {
    pub(super) fn of(&self, size: usize) -> Option<(f64, f64)> {
        self.sizes.get(size.checked_sub(1)?).copied()
    }

    /// The best size, with its answers a second.
    pub(super) fn best(&self) -> Option<(usize, f64)> {
        let sizes = self.sizes.iter().enumerate().map(|(at, (per_second, _))| (at + 1, *per_second));
        sizes.max_by(|one, other| one.1.total_cmp(&other.1))
    }

    pub(super) fn default_p99(&self) -> Option<f64> {
        self.of(self.default_size).map(|(_, p99)| p99)
    }

    pub(super) fn row(&self) -> String {
        let Self { workload, recommended, .. } = self;
        let best =
            self.best().map_or_else(String::new, |(size, rate)| format!("{size} with {rate:.0} a second"));
        match recommended {
            Ok(size) => {
                let (rate, p99) = self.of(*size).unwrap_or_default();
                format!(
                    "{workload}: {size} recommended, {rate:.0} a second, p99 {p99:.1} ms; best of all {best}"
                )
            }
            Err(why) => format!("{workload}: nothing recommended ({why}); best of all {best}"),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({ "workload": self.workload, "recommended": self.recommended.as_ref().ok(), "sizes": self.sizes })
    }
}

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Measurement>> {
    WORKLOADS
        .map(|(workload, sql)| {
            eprintln!("tuning: {workload}");
            let recommended = recommended(bench, workload, sql)?;
            let processors = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
            Ok(Measurement { workload, default_size: 2 * processors, recommended, sizes: sizes(bench, sql)? })
        })
        .into_iter()
        .collect()
}

fn recommended(bench: &Bench<'_>, workload: &str, sql: &str) -> Outcome<Result<usize, String>> {
    let file = bench.dir.join(format!("{workload}.toml"));
    let text = format!(
        "name = \"{workload}\"\n\n[[statements]]\nname = \"{workload}\"\nsql = \"{sql}\"\nparams = [{{ integer = [1, {}] }}]\n",
        bench.rows()
    );
    workspace::write(&file, text)?;
    let mut tune = bench.product.command_on_disposable();
    tune.args([
        "tune",
        "pool",
        "--quiet",
        "--format",
        "json",
        "--duration",
        "2s",
        "--rounds",
        "3",
        "--no-validation",
    ]);
    tune.args(["--users", &USERS.to_string(), "--size-max", &SIZE_MAX.to_string()]).arg(&file);
    let output =
        tune.env("DATABASE_URL", &bench.url).current_dir(&bench.dir).stderr(Stdio::inherit()).output();
    let output = output.map_err(|cause| Failure::because("start pgrefit tune pool", cause))?;
    let report: Value = serde_json::from_slice(&output.stdout)
        .map_err(|cause| Failure::because("read the report of tune pool", cause))?;
    let size =
        report["facts"]["recommended_connections"].as_u64().and_then(|size| usize::try_from(size).ok());
    let summary = || report["outcome"]["summary"].as_str().unwrap_or_default().to_owned();
    Ok(size.ok_or_else(summary))
}

/// Every size in each round; those of a round one after the other, and the next round the other way round.
fn sizes(bench: &Bench<'_>, sql: &str) -> Outcome<Vec<(f64, f64)>> {
    let mut all: Vec<Vec<(f64, f64)>> = vec![Vec::new(); SIZE_MAX];
    for round in 0..3 {
        let order: Vec<usize> =
            if round % 2 == 0 { (1..=SIZE_MAX).collect() } else { (1..=SIZE_MAX).rev().collect() };
        for size in order {
            let (connections, users) = (size.to_string(), USERS.to_string());
            let arguments = [
                "--sql",
                sql,
                "--connections",
                &connections,
                "--users",
                &users,
                "--seconds",
                "1.5",
                "--warm-up",
                "0.5",
            ];
            let json = answer(&mut bench.drive(&arguments))?;
            let number =
                |value: &Value| value.as_f64().ok_or_else(|| Failure::new("read what the driver prints"));
            all[size - 1].push((number(&json["per_second"])?, number(&json["total_ms"]["p99"])?));
        }
    }
    let middle = |of: &dyn Fn(&(f64, f64)) -> f64, rounds: &[(f64, f64)]| {
        let mut values: Vec<f64> = rounds.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        median(&values)
    };
    Ok(all
        .iter()
        .map(|rounds| (middle(&|round| round.0, rounds), middle(&|round| round.1, rounds)))
        .collect())
}

//! Whether the size that `pgrefit tune pool` recommends is as good as the best of all, by a sweep over every size.

use super::{Bench, answer};
use crate::bench::timing::median;
use crate::failure::{Failure, Outcome};
use crate::workspace;
use serde_json::{Value, json};
use std::process::Stdio;

const USERS: usize = 32;
const SIZE_MAX: usize = 24;
const SWEEPS: usize = 3;
const DUELS: usize = 7;
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
    /// The recommended size, the best of the sweep and the default one against each other. The best of so many sizes owes some of its
    /// lead to chance, and a sweep of minutes sees the machine change: these are measured beside each other.
    pub(super) duel: Option<Duel>,
}

/// Medians over rounds in which each size had its turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Duel {
    pub(super) best: usize,
    /// Answers a second of the recommended size by those of the best.
    pub(super) throughput: f64,
    /// The 99th percentile of the recommended size by that of the default one.
    pub(super) p99: f64,
}

impl Measurement {
    fn of(&self, size: usize) -> Option<(f64, f64)> {
        self.sizes.get(size.checked_sub(1)?).copied()
    }

    /// The best size, with its answers a second.
    fn best(&self) -> Option<(usize, f64)> {
        let sizes = self.sizes.iter().enumerate().map(|(at, (per_second, _))| (at + 1, *per_second));
        sizes.max_by(|one, other| one.1.total_cmp(&other.1))
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
        json!({ "workload": self.workload, "recommended": self.recommended.as_ref().ok(), "sizes": self.sizes,
                "duel": self.duel.map(|duel| json!({ "best": duel.best, "throughput": duel.throughput, "p99": duel.p99 })) })
    }
}

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Measurement>> {
    WORKLOADS
        .map(|(workload, sql)| {
            eprintln!("tuning: {workload}");
            let recommended = recommended(bench, workload, sql)?;
            let processors = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
            let sizes = sizes(bench, sql)?;
            let default_size = 2 * processors;
            let mut found = Measurement { workload, default_size, recommended, sizes, duel: None };
            found.duel = duel(bench, sql, &found)?;
            Ok(found)
        })
        .into_iter()
        .collect()
}

fn duel(bench: &Bench<'_>, sql: &str, found: &Measurement) -> Outcome<Option<Duel>> {
    let (Ok(recommended), Some((best, _))) = (&found.recommended, found.best()) else { return Ok(None) };
    let sizes = [*recommended, best, found.default_size];
    let (mut throughput, mut p99) = (Vec::new(), Vec::new());
    for round in 0..DUELS {
        // Each is first, second and last in turn; one that is two of the three is measured once, and is as good as itself.
        let mut rounds: [Option<(f64, f64)>; 3] = [None; 3];
        for turn in 0..sizes.len() {
            let at = (turn + round) % sizes.len();
            let same = (0..sizes.len()).find_map(|other| rounds[other].filter(|_| sizes[other] == sizes[at]));
            rounds[at] = Some(same.map_or_else(|| at_size(bench, sql, sizes[at]), Ok)?);
        }
        let rounds = rounds.map(Option::unwrap_or_default);
        throughput.push(rounds[0].0 / rounds[1].0);
        p99.push(rounds[0].1 / rounds[2].1);
    }
    Ok(Some(Duel { best, throughput: middle(throughput), p99: middle(p99) }))
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    median(&values)
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
    for round in 0..SWEEPS {
        let order: Vec<usize> =
            if round % 2 == 0 { (1..=SIZE_MAX).collect() } else { (1..=SIZE_MAX).rev().collect() };
        for size in order {
            all[size - 1].push(at_size(bench, sql, size)?);
        }
    }
    let of =
        |rounds: &[(f64, f64)], value: fn(&(f64, f64)) -> f64| middle(rounds.iter().map(value).collect());
    Ok(all.iter().map(|rounds| (of(rounds, |round| round.0), of(rounds, |round| round.1))).collect())
}

/// Answers a second and the 99th percentile in ms, with so many connections.
fn at_size(bench: &Bench<'_>, sql: &str, size: usize) -> Outcome<(f64, f64)> {
    let (connections, users) = (size.to_string(), USERS.to_string());
    let load = ["--sql", sql, "--connections", &connections, "--users", &users];
    let json = answer(bench.drive(&load).args(["--seconds", "1.5", "--warm-up", "0.5"]))?;
    let number = |value: &Value| value.as_f64().ok_or_else(|| Failure::new("read what the driver prints"));
    Ok((number(&json["per_second"])?, number(&json["total_ms"]["p99"])?))
}

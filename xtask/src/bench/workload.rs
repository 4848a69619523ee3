//! `cargo xtask bench workload`: the Doc Server's whole mix of queries at once, by `pgrefit bench run`: on its schema as found, on
//! the migrated one, and there with the queries that docs/schema.md proposes.

use super::goal::Goal;
use super::queries::{Amount, Data};
use super::server::Server;
use crate::failure::{Failure, Outcome};
use crate::product::Product;
use crate::{shell, workspace};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{ExitCode, Stdio};

/// No statement may take longer, 99 of 100.
const BUDGET_MS: f64 = 2000.0;
const SHARED_BUFFERS: &str = "3GB";

/// Put the Doc Server's mix of queries on its schema before and after the migrations
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    amount: Amount,
    /// Requests a second of the application's own queries
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
    /// Requests a second of the changed ones
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    changed_rate: u32,
    /// Seconds of each run
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(5..=3600))]
    seconds: u32,
}

/// One run: what it is called, the workload, the schema.
struct Run {
    phase: &'static str,
    rate: u32,
    queries: Vec<Query>,
    /// How the run itself ended.
    ending: String,
}

/// One statement, in ms.
#[derive(Clone, Copy)]
struct Times {
    done: u64,
    failed: u64,
    p50: f64,
    p95: f64,
    p99: f64,
    budget: f64,
}

struct Query {
    name: String,
    times: Times,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let product = Product::build_release()?;
    let server = Server::start(&product)?;
    server.restart_with(&product, &[("shared_buffers", SHARED_BUFFERS), ("max_wal_size", "8GB")])?;
    let data = Data::load(&server, &product, args.amount)?;
    let dir = workspace::target("bench").join("workload");
    workspace::create_dir(&dir)?;
    let bench = Bench { args, product: &product, url: &data.url, dir: &dir };
    shell::succeed(server.psql(&data.url).args(["-c", "VACUUM ANALYZE", "-c", "CHECKPOINT"]))?;
    let before = bench.run("before", "docserver", args.rate)?;
    eprintln!("migrating");
    shell::succeed(data.migrate(&[]).env("PGREFIT_MIGRATIONS_STATEMENT_TIMEOUT", "2h"))?;
    data.settle()?;
    let after = bench.run("after", "docserver", args.rate)?;
    let changed = bench.run("changed", "docserver-migrated", args.changed_rate)?;
    report(args, &[before, after, changed])
}

struct Bench<'a> {
    args: &'a Args,
    product: &'a Product,
    url: &'a str,
    dir: &'a Path,
}

impl Bench<'_> {
    fn run(&self, phase: &'static str, workload: &str, rate: u32) -> Outcome<Run> {
        eprintln!("{phase}: {workload}, {rate} requests a second");
        let saved = self.dir.join(format!("{phase}.json"));
        let mut pgrefit = self.product.command_on_disposable();
        let (rate_text, duration) = (rate.to_string(), format!("{}s", self.args.seconds));
        pgrefit.args(["bench", "run", workload, "--rate", &rate_text, "--duration", &duration]);
        pgrefit.arg("--save").arg(&saved).arg("--html").arg(self.dir.join(format!("{phase}.html")));
        pgrefit.env("DATABASE_URL", self.url).current_dir(self.dir).stdout(Stdio::null());
        let status = pgrefit.status().map_err(|cause| Failure::because("start pgrefit bench run", cause))?;
        // 1: over a budget, or ended by the guard; the result tells which.
        if !matches!(status.code(), Some(0 | 1)) {
            return Err(Failure::of_program(format!("run the workload {workload}"), status));
        }
        let json: Value = serde_json::from_str(&workspace::read(&saved)?)
            .map_err(|cause| Failure::because("read what bench run saved", cause))?;
        let queries = json["queries"].as_array().into_iter().flatten().filter_map(query).collect();
        Ok(Run { phase, rate, queries, ending: json["ending"].to_string() })
    }
}

fn query(value: &Value) -> Option<Query> {
    let ms = |key: &str| value[key].as_f64();
    let times = Times {
        done: value["done"].as_u64()?,
        failed: value["failed"].as_u64()?,
        p50: ms("p50_ms")?,
        p95: ms("p95_ms")?,
        p99: ms("p99_ms")?,
        budget: ms("budget_ms")?,
    };
    Some(Query { name: value["name"].as_str()?.to_owned(), times })
}

/// What is asked of the changed queries: each within 2 s, and within its own budget; the run not cut short.
fn judge(runs: &[Run]) -> Vec<Goal> {
    let Some(changed) = runs.iter().find(|run| run.phase == "changed") else { return Vec::new() };
    let all = |holds: &dyn Fn(&Times) -> bool| {
        changed.queries.iter().all(|query| holds(&query.times)) && !changed.queries.is_empty()
    };
    vec![
        Goal::new("p99 of every changed query within 2 s", all(&|times| times.p99 <= BUDGET_MS)),
        Goal::new("p95 and p99 of each within its own budget", all(&|times| times.p99 <= times.budget)),
        Goal::new(
            "every one was asked and none failed",
            all(&|times| times.done > 0 && times.failed == 0) && changed.ending == "\"completed\"",
        ),
    ]
}

fn report(args: &Args, runs: &[Run]) -> Outcome<ExitCode> {
    println!("{} documents and {} with embeddings", args.amount.documents, args.amount.embedded);
    for run in runs {
        let Run { phase, rate, ending, .. } = run;
        println!("{phase}: {rate} requests a second for {} s, ended: {ending}", args.seconds);
    }
    print!("{}", table(runs));
    let goals = judge(runs);
    for goal in &goals {
        println!("{}", goal.line());
    }
    let row = |query: &Query| {
        let Times { done, failed, p50, p95, p99, budget } = query.times;
        json!({ "name": query.name, "done": done, "failed": failed, "p50": p50, "p95": p95, "p99": p99, "budget": budget })
    };
    let of_run = |run: &Run| {
        let queries: Vec<Value> = run.queries.iter().map(row).collect();
        json!({ "phase": run.phase, "rate": run.rate, "ending": run.ending, "queries": queries })
    };
    let json = json!({
        "documents": args.amount.documents, "embedded": args.amount.embedded, "seconds": args.seconds,
        "runs": runs.iter().map(of_run).collect::<Vec<_>>(),
        "goals": goals.iter().map(Goal::to_json).collect::<Vec<_>>(),
    });
    workspace::write(&workspace::target("bench").join("workload.json"), format!("{json:#}\n"))?;
    Ok(ExitCode::from(u8::from(goals.iter().any(Goal::is_missed))))
}

/// A Markdown table: a row a query, p50 / p95 / p99 in ms a run.
fn table(runs: &[Run]) -> String {
    let mut rows: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (at, run) in runs.iter().enumerate() {
        for query in &run.queries {
            let cells = rows.entry(&query.name).or_insert_with(|| vec!["–".to_owned(); runs.len()]);
            cells[at] = cell(&query.times);
        }
    }
    let head: Vec<&str> = runs.iter().map(|run| run.phase).collect();
    let mut text = format!("| query | {} |\n|---|{}\n", head.join(" | "), "---:|".repeat(runs.len()));
    let row = |(name, cells): (&str, Vec<String>)| format!("| `{name}` | {} |\n", cells.join(" | "));
    text.extend(rows.into_iter().map(row));
    text
}

fn cell(times: &Times) -> String {
    if times.done == 0 {
        return "–".to_owned();
    }
    let failed = if times.failed > 0 { format!(", {} failed", times.failed) } else { String::new() };
    format!("{} / {} / {}{failed}", short(times.p50), short(times.p95), short(times.p99))
}

/// Three digits, or all before the point.
fn short(ms: f64) -> String {
    match ms {
        ms if ms < 10.0 => format!("{ms:.2}"),
        ms if ms < 100.0 => format!("{ms:.1}"),
        ms => format!("{ms:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Query, Run, Times, judge, table};

    fn run(phase: &'static str, p99: f64, failed: u64, ending: &str) -> Run {
        let times = Times { done: 5, failed, p50: 1.0, p95: 12.34, p99, budget: 500.0 };
        let queries = vec![Query { name: "by-id".to_owned(), times }];
        Run { phase, rate: 5, queries, ending: ending.to_owned() }
    }

    #[test]
    fn the_changed_queries_are_judged() {
        let check = |p99: f64, failed: u64, ending: &str, met: [bool; 3]| {
            let goals = judge(&[run("changed", p99, failed, ending)]);
            let found: Vec<bool> = goals.iter().map(|goal| !goal.is_missed()).collect();
            assert_eq!(found, met, "{p99} {failed} {ending}");
        };
        check(400.0, 0, "\"completed\"", [true, true, true]);
        check(600.0, 0, "\"completed\"", [true, false, true]);
        check(2600.0, 0, "\"completed\"", [false, false, true]);
        check(400.0, 1, "\"completed\"", [true, true, false]);
        check(400.0, 0, "\"stopped\"", [true, true, false]);
    }

    #[test]
    fn a_row_has_a_cell_for_every_run() {
        let runs = [run("before", 123.4, 0, ""), run("after", 99.0, 2, "")];
        let expected = "| query | before | after |\n|---|---:|---:|\n\
                        | `by-id` | 1.00 / 12.3 / 123 | 1.00 / 12.3 / 99.0, 2 failed |\n";
        assert_eq!(table(&runs), expected);
    }
}

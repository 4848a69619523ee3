//! Drives point selects of pgbench's tables, as `pgbench -S -M prepared` does, and prints what came back as JSON.
//!
//! `drive --connections 4 --users 4 --pipeline 1 --threads 1 --seconds 10 --warm-up 1 --rows 100000 [--rate 1000] [--even]
//! [--think-ms 0] [--sql "SELECT …$1…"]`; the database is that of `DATABASE_URL`, or of
//! libpq's variables.

use std::error::Error;
use std::time::Duration;

use pgrefit_load::{
    Arrivals, Latency, LoadOptions, LoadRun, LoadStatement, Pace, ParamSource, Params, Workload, draw, run,
};
use pgrefit_pg::{Connector, Limits, Settings, Stop};

const SQL: &str = "SELECT abalance FROM pgbench_accounts WHERE aid = $1";

/// What was asked for on the command line.
struct Arguments(Vec<String>);

impl Arguments {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|word| word == name)
    }

    fn text(&self, name: &str) -> Option<&str> {
        let place = self.0.iter().position(|word| word == name)?;
        self.0.get(place + 1).map(String::as_str)
    }

    fn number<T: std::str::FromStr>(&self, name: &str, default: T) -> Result<T, String> {
        let Some(text) = self.text(name) else { return Ok(default) };
        text.parse().map_err(|_| format!("{name} takes a number, and {text} is none"))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments(std::env::args().skip(1).collect());
    let variable = |name: &str| std::env::var(name).ok();
    let settings = Settings::resolve(variable("DATABASE_URL").as_deref(), &variable)?;
    let connector = Connector::new(settings, "pgrefit/drive".to_owned(), Limits::default());
    let mut statement = LoadStatement::new("point-select", arguments.text("--sql").unwrap_or(SQL));
    let rows = arguments.number("--rows", 100_000)?;
    if statement.sql.contains("$1") {
        statement.params = Params::Each(vec![ParamSource::Integer { min: 1, max: rows }]);
    }
    let workload = Workload { name: "drive".to_owned(), statements: vec![statement] };
    let drawn = draw(&connector.read_only().await?, &workload).await?;
    let outcome = run(&connector, &drawn, &options(&arguments)?, &Stop::default(), |_| {}).await?;
    print(&outcome);
    Ok(())
}

fn options(arguments: &Arguments) -> Result<LoadOptions, String> {
    let (connections, pipeline) = (arguments.number("--connections", 1)?, arguments.number("--pipeline", 1)?);
    let rate = arguments.number("--rate", 0.0)?;
    let arrivals = if arguments.has("--even") { Arrivals::Even } else { Arrivals::Poisson };
    let users = arguments.number("--users", connections * pipeline)?;
    let think = Duration::from_millis(arguments.number("--think-ms", 0)?);
    let pace =
        if rate > 0.0 { Pace::Open { per_second: rate, arrivals } } else { Pace::Closed { users, think } };
    Ok(LoadOptions {
        connections,
        pace,
        pipeline,
        threads: arguments.number("--threads", 1)?,
        warm_up: Duration::from_secs_f64(arguments.number("--warm-up", 1.0)?),
        duration: Duration::from_secs_f64(arguments.number("--seconds", 10.0)?),
        seed: arguments.number("--seed", 1)?,
        ..LoadOptions::default()
    })
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn print(outcome: &LoadRun) {
    let ms = |latency: &Latency| {
        let of = |part| latency.quantile(part).as_secs_f64() * 1e3;
        serde_json::json!({
            "mean": latency.mean().as_secs_f64() * 1e3,
            "p50": of(0.5), "p95": of(0.95), "p99": of(0.99), "p999": of(0.999), "max": of(1.0),
        })
    };
    let failures = serde_json::to_value(&outcome.failures).unwrap_or_default();
    let json = serde_json::json!({
        "per_second": outcome.per_second(),
        "done": outcome.done, "failed": outcome.failed, "failures": failures,
        "dropped": outcome.dropped, "unfinished": outcome.unfinished,
        "client_cpu_us_each": outcome.client_cpu_each().as_secs_f64() * 1e6,
        "client_rss_max_bytes": outcome.client_rss_max_bytes,
        "busy_mean": outcome.busy_mean,
        "total_ms": ms(&outcome.all.total), "service_ms": ms(&outcome.all.service),
        "queue_wait_ms": ms(&outcome.queue_wait), "lag_ms": ms(&outcome.lag),
    });
    println!("{json}");
}

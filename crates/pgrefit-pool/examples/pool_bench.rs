//! Compares this pool with bare deadpool, in one process and in turns, and prints JSON.
//!
//! `DATABASE_URL=postgres://… cargo run --profile … -p pgrefit-pool --example pool_bench [seconds of a round] [rounds]`. Reads
//! nothing but constants on the server. What is measured: checking a connection out and giving it back, in batches of 50 between
//! two looks at the clock; and how many queries 1, 4 and 16 tasks get done, each with a check-out of its own.
//!
//! Best over a Unix socket (`postgres://user@%2Fdir:5432/database`): with TCP's congestion control of some systems (BBR), single
//! connections are slow for seconds, which has nothing to do with whose they are.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, Instant};

use deadpool_postgres::tokio_postgres::{self, NoTls};
use deadpool_postgres::{Manager, ManagerConfig, RecyclingMethod, Runtime};
use pgrefit_pool::{Metrics, Pool, PoolConfig, Settings};
use serde_json::{Value, json};

const QUERY: &str = "SELECT $1::int4";
const BATCH: u32 = 50;

/// The two that are compared.
#[derive(Clone)]
enum Either {
    Deadpool(deadpool_postgres::Pool),
    Ours(Pool),
}

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

impl Either {
    fn both(url: &str, size: usize, metrics: &Metrics) -> Outcome<[Self; 2]> {
        let mut config: tokio_postgres::Config = url.parse()?;
        // The limits that our pool sets by default, so that the server has the same work.
        config.options("-c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000");
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, NoTls, manager);
        let deadpool =
            deadpool_postgres::Pool::builder(manager).max_size(size).runtime(Runtime::Tokio1).build()?;
        let settings = Settings::resolve(Some(url), &|_| None)?;
        let ours = Pool::new(settings, PoolConfig::named(&format!("bench {size}"), size), metrics)?;
        Ok([Self::Deadpool(deadpool), Self::Ours(ours)])
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Deadpool(_) => "deadpool",
            Self::Ours(_) => "ours",
        }
    }

    /// That nothing but check-outs happened: one connection for each task, all clean.
    fn counted(&self) -> Option<Value> {
        let Self::Ours(pool) = self else { return None };
        let metrics = pool.metrics();
        Some(json!({
            "checked_out": metrics.wait.count(), "waited": metrics.queue.count(), "opened": metrics.create.count(),
            "closed": metrics.closed_in_all(), "settled": metrics.settled.count(), "prepared": metrics.prepared.count(),
        }))
    }

    async fn check_out(&self) -> Outcome<()> {
        match self {
            Self::Deadpool(pool) => drop(pool.get().await?),
            Self::Ours(pool) => drop(pool.get().await?),
        }
        Ok(())
    }

    async fn query(&self, value: i32) -> Outcome<i32> {
        Ok(match self {
            Self::Deadpool(pool) => {
                let client = pool.get().await?;
                let statement = client.prepare_cached(QUERY).await?;
                client.query_one(&statement, &[&value]).await?.get(0)
            }
            Self::Ours(pool) => pool.get().await?.query_one(QUERY, &[&value]).await?.get(0),
        })
    }

    /// Microseconds for one check-out and return, in each batch.
    async fn check_outs(&self, time: Duration) -> Outcome<Vec<f64>> {
        self.check_out().await?;
        let (mut batches, began) = (Vec::new(), Instant::now());
        while began.elapsed() < time {
            let batch = Instant::now();
            for _ in 0..BATCH {
                self.check_out().await?;
            }
            batches.push(batch.elapsed().as_secs_f64() * 1e6 / f64::from(BATCH));
            tokio::task::yield_now().await;
        }
        Ok(batches)
    }

    /// Queries for each second, of so many tasks, and microseconds of this process' CPU for each.
    async fn throughput(&self, tasks: u32, time: Duration) -> Outcome<(f64, f64)> {
        let (began, cpu) = (Instant::now(), cpu_seconds()?);
        let task = || {
            let this = self.clone();
            tokio::spawn(async move {
                let mut done = 0;
                while began.elapsed() < time {
                    this.query(done).await?;
                    done += 1;
                }
                Outcome::Ok(done)
            })
        };
        let running: Vec<_> = (0..tasks).map(|_| task()).collect();
        let mut done = 0;
        for task in running {
            done += task.await??;
        }
        let rate = f64::from(done) / began.elapsed().as_secs_f64();
        Ok((rate, (cpu_seconds()? - cpu) * 1e6 / f64::from(done)))
    }
}

/// What this process has used of the CPU, from `/proc/self/stat`: user and system, in ticks of 10 ms.
fn cpu_seconds() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    Ok(ticks / 100.0)
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "an index of a short list"
    )]
    let index = ((values.len().max(1) - 1) as f64 * share).round() as usize;
    values.get(index).copied().unwrap_or(f64::NAN)
}

/// Each in turn, and the other one first in every second round.
fn in_turns(both: &[Either; 2], round: u32) -> [&Either; 2] {
    let [first, second] = both;
    if round.is_multiple_of(2) { [first, second] } else { [second, first] }
}

async fn check_outs(both: &[Either; 2], time: Duration, rounds: u32) -> Outcome<Value> {
    let mut batches: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for round in 0..rounds {
        for either in in_turns(both, round) {
            batches.entry(either.name()).or_default().extend(either.check_outs(time).await?);
        }
    }
    let summary = batches.into_iter().map(|(name, mut all)| {
        let at = |share: f64, all: &mut [f64]| quantile(all, share);
        let of = json!({
            "batches": all.len(), "p10_us": at(0.1, &mut all), "p50_us": at(0.5, &mut all), "p90_us": at(0.9, &mut all),
        });
        (name.to_owned(), of)
    });
    Ok(Value::Object(summary.collect()))
}

async fn throughput(both: &[Either; 2], tasks: u32, time: Duration, rounds: u32) -> Outcome<Value> {
    let (mut all, mut ratios, mut cpu_ratios) = (Vec::new(), Vec::new(), Vec::new());
    for either in both {
        either.throughput(tasks, time / 4).await?;
    }
    for round in 0..rounds {
        let mut found: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for either in in_turns(both, round) {
            found.insert(either.name(), either.throughput(tasks, time).await?);
        }
        let (ours, deadpool) = (found["ours"], found["deadpool"]);
        ratios.push(ours.0 / deadpool.0);
        cpu_ratios.push(ours.1 / deadpool.1);
        all.push(json!({
            "ours": { "per_second": ours.0, "cpu_us": ours.1 },
            "deadpool": { "per_second": deadpool.0, "cpu_us": deadpool.1 },
        }));
    }
    let quartiles = |ratios: &mut [f64]| {
        let [q1, median, q3] = [0.25, 0.5, 0.75].map(|share| quantile(ratios, share));
        json!({ "q1": q1, "median": median, "q3": q3 })
    };
    Ok(json!({
        "tasks": tasks, "rounds": all, "counted": both.iter().find_map(Either::counted),
        "ours_to_deadpool": quartiles(&mut ratios), "cpu_of_ours_to_deadpool": quartiles(&mut cpu_ratios),
    }))
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "the result of the program")]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().map_or(Ok(1.0), |text| text.parse::<f64>())?;
    let rounds = arguments.next().map_or(Ok(5), |text| text.parse::<u32>())?;
    let time = Duration::try_from_secs_f64(seconds)?;
    let url = std::env::var("DATABASE_URL")?;
    let metrics = Metrics::new()?;
    let one = Either::both(&url, 1, &metrics)?;
    let checked = check_outs(&one, time / 2, rounds).await?;
    let mut loops = vec![throughput(&one, 1, time, rounds).await?];
    for tasks in [4, 16] {
        let both = Either::both(&url, usize::try_from(tasks)?, &metrics)?;
        loops.push(throughput(&both, tasks, time, rounds).await?);
    }
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let result = json!({
        "build": build, "seconds": seconds, "rounds": rounds, "checkout_return": checked, "closed_loop": loops,
    });
    println!("{result:#}");
    Ok(())
}

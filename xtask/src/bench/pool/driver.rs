//! The load driver against `pgbench -S -M prepared`: answers a second, and the processor time of client and server for each.

use super::Bench;
use crate::bench::timing::median;
use crate::bench::usage::Usage;
use crate::failure::{Failure, Outcome};
use crate::{shell, workspace};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) const CLIENTS: [usize; 3] = [1, 4, 16];
/// Requests in flight on each connection, where they are sent ahead of answers.
const PIPELINE: usize = 8;
/// Of the kernel's clock, in which it tells the time of processes that have ended.
const TICK_US: f64 = 10_000.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    Pgbench,
    Closed,
    Pipelined,
}

impl Tool {
    const ALL: [Self; 3] = [Self::Pgbench, Self::Closed, Self::Pipelined];

    fn name(self) -> &'static str {
        match self {
            Self::Pgbench => "pgbench",
            Self::Closed => "driver",
            Self::Pipelined => "driver, 8 in flight",
        }
    }
}

/// Medians of the rounds of one tool with so many clients.
#[derive(Clone, Debug)]
pub(super) struct Measurement {
    pub(super) tool: Tool,
    pub(super) clients: usize,
    pub(super) rounds: Vec<Round>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Round {
    pub(super) per_second: f64,
    pub(super) client_us: f64,
    pub(super) server_us: f64,
}

impl Measurement {
    pub(super) fn median(&self, of: fn(&Round) -> f64) -> f64 {
        let mut all: Vec<f64> = self.rounds.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        median(&all)
    }

    pub(super) fn row(&self) -> String {
        let Self { tool, clients, .. } = self;
        format!(
            "{:<20} {clients:>2} clients {:>7.0} {:>14.1} {:>14.1}",
            tool.name(),
            self.median(|round| round.per_second),
            self.median(|round| round.client_us),
            self.median(|round| round.server_us),
        )
    }

    pub(super) fn to_json(&self) -> Value {
        let rounds: Vec<Value> = self
            .rounds
            .iter()
            .map(|Round { per_second, client_us, server_us }| {
                json!({ "per_second": per_second, "client_cpu_us": client_us, "server_cpu_us": server_us })
            })
            .collect();
        json!({ "tool": self.tool.name(), "clients": self.clients, "rounds": rounds })
    }
}

/// The tools take turns in each round, and each round begins with another one.
pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Measurement>> {
    let mut all = Vec::new();
    for clients in CLIENTS {
        let mut of_clients = Tool::ALL.map(|tool| Measurement { tool, clients, rounds: Vec::new() });
        for round in 0..usize::from(bench.args.rounds) {
            for turn in 0..of_clients.len() {
                let measurement = &mut of_clients[(round + turn) % Tool::ALL.len()];
                measurement.rounds.push(once(bench, measurement.tool, clients)?);
            }
        }
        for measurement in &of_clients {
            eprintln!("{}", measurement.row());
        }
        all.extend(of_clients);
    }
    Ok(all)
}

/// Each tool says how many answers it had a second, without the time in which it connects. For the processor time each what the
/// server counts is divided by what it says of its transactions, from the beginning of the program to its end.
fn once(bench: &Bench<'_>, tool: Tool, clients: usize) -> Outcome<Round> {
    let out = bench.dir.join("answer");
    let before = Counters::read(bench)?;
    let usage = Usage::measure(&into_file(&command(bench, tool, clients), &out), &[0])?;
    let after = Counters::read(bench)?;
    let each = after.transactions - before.transactions;
    Ok(Round {
        per_second: per_second(tool, &workspace::read(&out)?)?,
        client_us: usage.processor_ms * 1e3 / each,
        server_us: (after.server_us - before.server_us) / each,
    })
}

fn command(bench: &Bench<'_>, tool: Tool, clients: usize) -> Command {
    let (clients, threads) = (clients.to_string(), clients.min(2).to_string());
    let seconds = bench.args.seconds.to_string();
    if tool == Tool::Pgbench {
        let mut pgbench = bench.server.program("pgbench");
        pgbench
            .args(["-n", "-S", "-M", "prepared", "-c", &clients, "-j", &threads, "-T", &seconds])
            .arg(&bench.url);
        return pgbench;
    }
    let pipeline = if tool == Tool::Pipelined { PIPELINE } else { 1 }.to_string();
    bench.drive(&[
        "--connections",
        &clients,
        "--threads",
        &threads,
        "--pipeline",
        &pipeline,
        "--seconds",
        &seconds,
        "--warm-up",
        "0.5",
    ])
}

/// What is measured has nobody who reads what it prints, so that it is written into a file.
fn into_file(command: &Command, out: &Path) -> Command {
    let mut sh = Command::new("sh");
    sh.args(["-c", "exec \"$@\" > \"$OUT\"", "sh"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        sh.env(name, value.unwrap_or_default());
    }
    sh.env("OUT", PathBuf::from(out));
    sh
}

fn per_second(tool: Tool, printed: &str) -> Outcome<f64> {
    let found = match tool {
        Tool::Pgbench => printed
            .lines()
            .find_map(|line| line.strip_prefix("tps = "))
            .and_then(|rest| rest.split(' ').next()?.parse().ok()),
        _ => serde_json::from_str::<Value>(printed).ok().and_then(|json| json["per_second"].as_f64()),
    };
    found.ok_or_else(|| Failure::new(format!("understand what {} prints: {printed}", tool.name())))
}

/// What the server says of itself.
struct Counters {
    transactions: f64,
    /// Of its backends that have ended.
    server_us: f64,
}

impl Counters {
    fn read(bench: &Bench<'_>) -> Outcome<Self> {
        let sql = "SELECT pg_stat_clear_snapshot()::text || xact_commit, \
                          (fields[16]::bigint + fields[17]::bigint) \
                   FROM pg_stat_database, \
                        string_to_array(pg_read_file('/proc/' || split_part(pg_read_file('postmaster.pid'), E'\\n', 1) || '/stat'), ' ') AS fields \
                   WHERE datname = current_database()";
        let text = shell::first_line(bench.server.psql(&bench.url).args(["-At", "-c", sql]))
            .ok_or_else(|| Failure::new("ask the server for its counters"))?;
        let mut numbers = text.trim().split('|').filter_map(|number| number.parse::<f64>().ok());
        match (numbers.next(), numbers.next()) {
            (Some(transactions), Some(ticks)) => Ok(Self { transactions, server_us: ticks * TICK_US }),
            _ => Err(Failure::new(format!("understand the server's counters: {text}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Tool, per_second};

    #[test]
    fn rates_are_read() {
        let check =
            |tool, printed: &str, expected: Option<f64>| assert_eq!(per_second(tool, printed).ok(), expected);
        check(
            Tool::Pgbench,
            "latency average = 0.1 ms\ntps = 1234.5 (without initial connection time)\n",
            Some(1234.5),
        );
        check(Tool::Pgbench, "nothing", None);
        check(Tool::Closed, "{\"per_second\": 99.5}", Some(99.5));
        check(Tool::Pipelined, "{}", None);
    }
}

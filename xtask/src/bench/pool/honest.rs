//! Whether the open loop sees a stall that a closed one hides: a lock of half a second on the table, in the middle of each.

use super::Bench;
use crate::bench::process::{Process, tail};
use crate::failure::{Failure, Outcome};
use crate::{shell, workspace};
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Of the whole run.
const SECONDS: &str = "6";
/// When the lock is asked for, counted from the start of the program: the warm-up is over by then.
const LOCK_AFTER: Duration = Duration::from_millis(2500);
const LOCK: &str =
    "BEGIN; LOCK TABLE pgbench_accounts IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(0.5); COMMIT";
const END: Duration = Duration::from_mins(1);

/// The 99th percentile of the total times, in ms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Measurement {
    pub(super) open_p99_ms: f64,
    pub(super) closed_p99_ms: f64,
}

impl Measurement {
    pub(super) fn row(self) -> String {
        let Self { open_p99_ms, closed_p99_ms } = self;
        format!(
            "beside a lock of 500 ms: p99 of the open loop {open_p99_ms:.1} ms, of the closed loop {closed_p99_ms:.1} ms"
        )
    }

    pub(super) fn to_json(self) -> Value {
        json!({ "open_p99_ms": self.open_p99_ms, "closed_p99_ms": self.closed_p99_ms })
    }
}

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Measurement> {
    eprintln!("a lock in the middle of an open and of a closed loop");
    let open = ["--connections", "8", "--threads", "1", "--rate", "1000", "--seconds", SECONDS];
    let closed = ["--connections", "8", "--threads", "1", "--seconds", SECONDS];
    Ok(Measurement { open_p99_ms: p99(bench, &open)?, closed_p99_ms: p99(bench, &closed)? })
}

fn p99(bench: &Bench<'_>, arguments: &[&str]) -> Outcome<f64> {
    let log = bench.dir.join("honest.log");
    let begun = Instant::now();
    let mut drive: Command = bench.drive(arguments);
    let mut drive = Process::start(&mut drive, &log)?;
    sleep(LOCK_AFTER);
    shell::succeed(bench.server.psql(&bench.url).args(["-c", LOCK]).stdout(Stdio::null()))?;
    drive.succeed_until(begun + END)?;
    let json: Value = serde_json::from_str(&workspace::read(&log)?)
        .map_err(|cause| Failure::because(format!("read what the driver prints: {}", tail(&log)), cause))?;
    json["total_ms"]["p99"].as_f64().ok_or_else(|| Failure::new("find the 99th percentile"))
}

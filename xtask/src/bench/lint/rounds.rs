//! Rounds of linters that take turns on one core, by processor time and by the clock.
//!
//! Goals are judged by processor time: on one core it is what the clock shows when nobody else is at work, and it is the
//! same when somebody is.

use crate::bench::timing::Times;
use crate::failure::{Failure, Outcome};
use crate::shell;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A command under a name.
pub(super) struct Round {
    name: &'static str,
    command: Command,
}

impl Round {
    pub(super) fn new(name: &'static str, command: Command) -> Self {
        Self { name, command }
    }
}

/// What one contender took over the rounds.
pub(super) struct Series {
    pub(super) name: &'static str,
    processor: Times,
    wall: Times,
}

impl Series {
    /// The median of the processor time.
    pub(super) fn median_ms(&self) -> f64 {
        self.processor.median_ms()
    }

    pub(super) fn row(&self) -> String {
        let (min, max) = self.processor.range_ms();
        let (median, wall) = (self.median_ms(), self.wall.median_ms());
        format!("{:<26} {median:>9.1} {min:>9.1} {max:>9.1} {wall:>9.1}", self.name)
    }

    pub(super) fn to_json(&self) -> Value {
        json!({ "name": self.name, "processor": self.processor.to_json(), "wall": self.wall.to_json() })
    }
}

/// Runs commands on one core.
pub(super) struct Runner {
    /// Nothing where they cannot be kept to one.
    pub(super) core: Option<String>,
}

impl Runner {
    /// The last of the cores that we may use: the first one serves interrupts on many machines.
    pub(super) fn new() -> Self {
        let core = std::fs::read_to_string("/proc/self/status").ok().and_then(|status| last_core(&status));
        let works = |core: &String| {
            let mut trial = Command::new("taskset");
            trial.args(["-c", core, "true"]).stdout(Stdio::null()).stderr(Stdio::null());
            trial.status().is_ok_and(|status| status.success())
        };
        Self { core: core.filter(works) }
    }

    /// Each round begins with another contender. One round before them warms the caches and is not counted.
    pub(super) fn measure(&self, rounds: Vec<Round>, count: usize) -> Outcome<Vec<Series>> {
        let (names, mut commands): (Vec<_>, Vec<_>) =
            rounds.into_iter().map(|round| (round.name, self.pinned(&round.command))).unzip();
        let series = |name| Series { name, processor: Times::default(), wall: Times::default() };
        let mut all: Vec<Series> = names.into_iter().map(series).collect();
        for round in 0..=count {
            for turn in 0..all.len() {
                let index = (round + turn) % all.len();
                let (processor, wall) = time(&mut commands[index])?;
                if round > 0 {
                    all[index].processor.push(processor);
                    all[index].wall.push(wall);
                }
            }
        }
        Ok(all)
    }

    fn pinned(&self, command: &Command) -> Command {
        let mut pinned = match &self.core {
            Some(core) => {
                let mut taskset = Command::new("taskset");
                taskset.args(["-c", core]).arg(command.get_program());
                taskset
            }
            None => Command::new(command.get_program()),
        };
        pinned.args(command.get_args());
        if let Some(dir) = command.get_current_dir() {
            pinned.current_dir(dir);
        }
        // Nobody reads what is printed: a reader would be at work on the machine, too.
        pinned.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        pinned
    }
}

/// The last core of `Cpus_allowed_list: 0-3,8`.
fn last_core(status: &str) -> Option<String> {
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let last = allowed.trim().rsplit([',', '-']).next()?;
    last.parse::<u32>().ok().map(|core| core.to_string())
}

/// Processor and wall time of a run. A linter that finds something ends with 1.
fn time(command: &mut Command) -> Outcome<(Duration, Duration)> {
    let before = used()?;
    let start = Instant::now();
    let status = command.status();
    let wall = start.elapsed();
    let line = short(command);
    let status = status.map_err(|cause| Failure::because(format!("start {line}"), cause))?;
    match status.code() {
        Some(0 | 1) => Ok((used()?.saturating_sub(before), wall)),
        _ => Err(Failure::of_program(format!("run {line}"), status)),
    }
}

/// Processor time of all children that have ended.
fn used() -> Outcome<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)
        .map_err(|cause| Failure::because("ask for the time of children", cause))?;
    let microseconds = (usage.user_time() + usage.system_time()).num_microseconds();
    Ok(Duration::from_micros(u64::try_from(microseconds).unwrap_or_default()))
}

/// The command without the names of a thousand files.
pub(super) fn short(command: &Command) -> String {
    let line = shell::line(command);
    line.char_indices().nth(200).map_or(line.clone(), |(at, _)| format!("{}…", &line[..at]))
}

#[cfg(test)]
mod tests {
    use super::{Round, Runner, last_core};
    use std::process::Command;

    #[test]
    fn the_last_core_that_is_allowed() {
        let check = |list: &str, expected: Option<&str>| {
            let status = format!("Name:\tx\nCpus_allowed_list:\t{list}\nMems_allowed:\t1\n");
            assert_eq!(last_core(&status).as_deref(), expected, "{list}");
        };
        check("0-3", Some("3"));
        check("5", Some("5"));
        check("0-1,7", Some("7"));
        check("", None);
    }

    #[test]
    fn findings_are_no_failure_and_other_ends_are() {
        let check = |script: &str, expected: bool| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            let found = Runner::new().measure(vec![Round::new("sh", command)], 1);
            assert_eq!(found.is_ok(), expected, "{script}");
        };
        check("exit 0", true);
        check("exit 1", true);
        check("exit 2", false);
    }
}

//! What one program used: its time, its processor time and its peak memory.
//!
//! The kernel tells the peak memory of all children together, and among ours are compilers. So a process of its own, a
//! hidden command of this program, runs the one that is measured, and has no other child.

use crate::failure::{Failure, Outcome, code};
use crate::shell;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// Run a program, and tell what it used as one line of JSON
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The program and its arguments
    #[arg(last = true, required = true)]
    words: Vec<OsString>,
}

/// The hidden command.
pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let mut words = args.words.iter();
    let mut command = Command::new(words.next().ok_or_else(|| Failure::new("find a program to run"))?);
    println!("{}", Usage::of_only_child(command.args(words))?.to_json());
    Ok(ExitCode::SUCCESS)
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Usage {
    pub(super) exit_code: u8,
    pub(super) wall_ms: f64,
    /// User and system time.
    pub(super) processor_ms: f64,
    pub(super) rss_bytes_max: u64,
}

impl Usage {
    /// Runs a program with nothing to read, and nobody who reads what it prints. Ends well only with one of the exit
    /// codes; what the program said on standard error is shown otherwise.
    pub(super) fn measure(command: &Command, accepted: &[u8]) -> Outcome<Self> {
        let line = shell::line(command);
        let doing = || format!("measure {line}");
        let this = std::env::current_exe().map_err(|cause| Failure::because("find this program", cause))?;
        let mut wrapper = Command::new(this);
        wrapper.args(["bench", "usage", "--"]).arg(command.get_program()).args(command.get_args());
        if let Some(dir) = command.get_current_dir() {
            wrapper.current_dir(dir);
        }
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => wrapper.env(key, value),
                None => wrapper.env_remove(key),
            };
        }
        let output = wrapper.output().map_err(|cause| Failure::because(doing(), cause))?;
        match Self::of_json(&output.stdout) {
            Some(usage) if accepted.contains(&usage.exit_code) => Ok(usage),
            usage => {
                eprint!("{}", String::from_utf8_lossy(&output.stderr));
                let cause = usage.map_or_else(
                    || "it could not be run".to_owned(),
                    |usage| format!("it ended with {}", usage.exit_code),
                );
                Err(Failure::because(doing(), cause))
            }
        }
    }

    /// In a process that has, and had, no other child.
    fn of_only_child(command: &mut Command) -> Outcome<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let start = Instant::now();
        let status = command.status();
        let wall_ms = start.elapsed().as_secs_f64() * 1e3;
        let status = status
            .map_err(|cause| Failure::because(format!("start {}", command.get_program().display()), cause))?;
        let used = getrusage(UsageWho::RUSAGE_CHILDREN)
            .map_err(|cause| Failure::because("ask what the child used", cause))?;
        let microseconds = (used.user_time() + used.system_time()).num_microseconds();
        Ok(Self {
            exit_code: code(status),
            wall_ms,
            processor_ms: f64::from(u32::try_from(microseconds).unwrap_or(u32::MAX)) / 1e3,
            rss_bytes_max: u64::try_from(used.max_rss()).unwrap_or_default() * RSS_UNIT,
        })
    }

    fn to_json(self) -> Value {
        json!({
            "exit_code": self.exit_code,
            "wall_ms": self.wall_ms,
            "processor_ms": self.processor_ms,
            "rss_bytes_max": self.rss_bytes_max,
        })
    }

    fn of_json(line: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(line).ok()?;
        Some(Self {
            exit_code: u8::try_from(value["exit_code"].as_u64()?).ok()?,
            wall_ms: value["wall_ms"].as_f64()?,
            processor_ms: value["processor_ms"].as_f64()?,
            rss_bytes_max: value["rss_bytes_max"].as_u64()?,
        })
    }
}

/// macOS counts the peak memory in bytes, everybody else in kilobytes.
const RSS_UNIT: u64 = if cfg!(target_os = "macos") { 1 } else { 1024 };

#[cfg(test)]
mod tests {
    use super::Usage;
    use std::process::Command;

    #[test]
    fn time_memory_and_exit_code_are_told() {
        let mut sh = Command::new("sh");
        let usage = Usage::of_only_child(sh.args(["-c", "sleep 0.05; exit 3"])).expect("a shell");
        assert_eq!(usage.exit_code, 3);
        assert!(usage.wall_ms >= 50.0, "{usage:?}");
        assert!(usage.rss_bytes_max > 100_000, "{usage:?}");
    }

    #[test]
    fn the_line_reads_back() {
        let usage = Usage { exit_code: 1, wall_ms: 2.5, processor_ms: 1.25, rss_bytes_max: 4096 };
        assert_eq!(Usage::of_json(usage.to_json().to_string().as_bytes()), Some(usage));
        assert_eq!(Usage::of_json(b""), None);
    }
}

//! A program that gets only so long: what speaks to a network, or was not written here, may hang.

use crate::failure::{Failure, Outcome};
use crate::shell;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How a program ended, and all it said: standard output first, then standard error.
pub(crate) struct Ended {
    pub(crate) success: bool,
    pub(crate) said: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        let parts = [text(&output.stdout), text(&output.stderr)];
        let said = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
        Self { success: output.status.success(), said }
    }
}

impl Ended {
    /// The last lines, where a program says why it failed.
    pub(crate) fn last_lines(&self, count: usize) -> String {
        let lines: Vec<_> = self.said.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(count)..].join("; ")
    }
}

/// Runs a program to its end, with nothing to read; after `limit` it is killed with all that it started.
///
/// # Errors
/// When it cannot be started, and when it took too long.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Outcome<Ended> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    in_a_group(command);
    let child = command.spawn().map_err(|cause| Failure::because(shell::start(command), cause))?;
    let group = child.id();
    let (ended, wait) = mpsc::channel();
    std::thread::spawn(move || ended.send(child.wait_with_output()));
    match wait.recv_timeout(limit) {
        Ok(Ok(output)) => Ok(output.into()),
        Ok(Err(cause)) => Err(Failure::because(format!("wait for {}", shell::line(command)), cause)),
        Err(_) => {
            kill(group);
            let cause = format!("it did not end within {} s", limit.as_secs());
            Err(Failure::because(format!("run {}", shell::line(command)), cause))
        }
    }
}

#[cfg(unix)]
fn in_a_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(unix)]
fn kill(group: u32) {
    use nix::sys::signal::{Signal, killpg};
    if let Ok(group) = i32::try_from(group) {
        // It may have ended by itself in this moment.
        let _ = killpg(nix::unistd::Pid::from_raw(group), Signal::SIGKILL);
    }
}

#[cfg(not(unix))]
fn in_a_group(_: &mut Command) {}

#[cfg(not(unix))]
fn kill(_: u32) {}

#[cfg(test)]
mod tests {
    use super::{Ended, run};
    use std::process::Command;
    use std::time::{Duration, Instant};

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_it_said_and_how_it_ended() {
        let check = |script: &str, success: bool, said: &str| {
            let ended = run(&mut sh(script), Duration::from_secs(20)).expect("a shell");
            assert_eq!((ended.success, ended.said.as_str()), (success, said), "{script}");
        };
        check("echo out; echo err >&2", true, "out\nerr");
        check("echo why >&2; exit 3", false, "why");
        check("cat", true, "");
        // More than a pipe holds.
        let many = run(&mut sh("head -c 300000 /dev/zero | tr '\\0' x"), Duration::from_secs(20));
        assert_eq!(many.expect("a shell").said.len(), 300_000);
    }

    #[test]
    fn who_takes_too_long_is_killed_with_its_children() {
        let start = Instant::now();
        let failure = run(&mut sh("sleep 60 & sleep 60"), Duration::from_millis(200)).err().expect("killed");
        assert!(failure.chain().ends_with("it did not end within 0 s"), "{}", failure.chain());
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let failure = run(&mut Command::new("no-such-program"), Duration::from_secs(1)).err();
        let chain = failure.expect("it is not there").chain();
        assert!(chain.starts_with("failed to start no-such-program: "), "{chain}");
    }

    #[test]
    fn the_last_lines_are_those_with_words() {
        let ended = Ended { success: false, said: "one\n\ntwo\nthree\n\n".to_owned() };
        assert_eq!(ended.last_lines(2), "two; three");
        assert_eq!(ended.last_lines(9), "one; two; three");
    }
}

//! A program in the background: its end is awaited for a bounded time, and it does not outlive us.

use crate::failure::{Failure, Outcome};
use crate::shell;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How exactly an end is noticed.
const POLL: Duration = Duration::from_millis(5);

/// Killed by its id when dropped before its end.
pub(super) struct Process {
    child: Child,
    line: String,
}

impl Process {
    /// What it says goes to a file: a pipe that nobody reads would stop it.
    pub(super) fn start(command: &mut Command, log: &Path) -> Outcome<Self> {
        let line = shell::line(command);
        let create = |cause| Failure::because(format!("write {}", log.display()), cause);
        let out = File::create(log).map_err(create)?;
        let err = out.try_clone().map_err(create)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(|cause| Failure::because(format!("start {line}"), cause))?;
        Ok(Self { child, line })
    }

    /// Its status, or nothing if it has not ended by then.
    pub(super) fn wait_until(&mut self, end: Instant) -> Outcome<Option<ExitStatus>> {
        loop {
            let status = self
                .child
                .try_wait()
                .map_err(|cause| Failure::because(format!("wait for {}", self.line), cause))?;
            if status.is_some() || Instant::now() >= end {
                return Ok(status);
            }
            sleep(POLL);
        }
    }

    /// Its end by then, and well.
    pub(super) fn succeed_until(&mut self, end: Instant) -> Outcome<()> {
        match self.wait_until(end)? {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(Failure::of_program(format!("run {}", self.line), status)),
            None => Err(Failure::because(format!("run {}", self.line), "it did not end in time")),
        }
    }

    pub(super) fn signal(&self, name: &str) -> Outcome<()> {
        let pid = self.child.id().to_string();
        shell::succeed(Command::new("kill").args(["-s", name, &pid]))
    }
}

/// The last lines of what a program said, for a failure.
pub(super) fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(3)..].join(" | ")
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail on a process that has ended, and that is well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::Process;
    use crate::workspace;
    use std::process::Command;
    use std::time::{Duration, Instant};

    fn start(script: &str) -> Process {
        let dir = workspace::target("bench");
        workspace::create_dir(&dir).expect("a folder");
        let log = dir.join(format!("process-{}.log", std::process::id()));
        Process::start(Command::new("sh").args(["-c", script]), &log).expect("a shell")
    }

    #[test]
    fn waiting_is_bounded() {
        let mut process = start("exec sleep 60");
        let begin = Instant::now();
        assert!(process.wait_until(begin + Duration::from_millis(50)).expect("a wait").is_none());
        drop(process);
        assert!(begin.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn an_end_is_noticed_with_its_status() {
        let check = |script, expected| {
            let status = start(script).wait_until(Instant::now() + Duration::from_secs(10)).expect("a wait");
            assert_eq!(status.expect("an end").code(), expected, "{script}");
        };
        check("exit 0", Some(0));
        check("exit 11", Some(11));
    }
}

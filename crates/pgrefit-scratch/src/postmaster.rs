//! Knows a running postmaster by its data directory, and stops it. A process id alone is never trusted: the
//! number may have been given to another process since.

use std::{
    fs,
    path::Path,
    process::Child,
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{Error, process};

const POLL: Duration = Duration::from_millis(5);
const BURIAL_LIMIT: Duration = Duration::from_secs(10);

/// How a server is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopMode {
    /// Sessions are ended, data is written: the next start needs no recovery.
    Fast,
    /// As in a crash: the next start recovers from the WAL.
    Immediate,
}

impl StopMode {
    /// The signals, each with the time it gets; the later ones are for a server that does not react.
    fn escalation(self) -> &'static [(Signal, Duration)] {
        const ALL: [(Signal, Duration); 3] = [
            (Signal::SIGINT, Duration::from_mins(1)),
            // The postmaster itself kills its children after 5 s.
            (Signal::SIGQUIT, Duration::from_secs(10)),
            (Signal::SIGKILL, Duration::from_secs(5)),
        ];
        match self {
            Self::Fast => &ALL,
            Self::Immediate => &ALL[1..],
        }
    }
}

/// The parts of `postmaster.pid` that matter here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PidFile {
    pub(crate) pid: i32,
    /// The first address that could be bound; empty when there is none yet.
    pub(crate) address: String,
    pub(crate) ready: bool,
}

impl PidFile {
    pub(crate) fn read(data_dir: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(data_dir.join("postmaster.pid")).ok()?)
    }

    /// The lines, of which the later ones appear as the start goes on (`src/include/utils/pidfile.h`):
    /// process id, data directory, start time, port, socket directory, listen address, shared memory key,
    /// status.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        // A negative number is a standalone backend, not a postmaster; 0 and 1 would signal others.
        let pid = lines.next()?.trim().parse().ok().filter(|pid| *pid > 1)?;
        let address = lines.nth(4).unwrap_or_default().trim().to_owned();
        let ready = lines.nth(1).is_some_and(|status| status.trim() == "ready");
        Some(Self { pid, address, ready })
    }
}

/// The process id of the postmaster that is running on this data directory.
pub(crate) fn running(data_dir: &Path) -> Option<i32> {
    PidFile::read(data_dir).map(|file| file.pid).filter(|pid| serves(*pid, data_dir))
}

/// Whether the process is alive and has the data directory as its working directory, as every postmaster has.
/// A zombie has none.
#[cfg(target_os = "linux")]
fn serves(pid: i32, data_dir: &Path) -> bool {
    let Ok(data_dir) = data_dir.canonicalize() else { return false };
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == data_dir)
}

/// Whether the process is alive and was started with the data directory as an argument. A zombie has none.
#[cfg(not(target_os = "linux"))]
fn serves(pid: i32, data_dir: &Path) -> bool {
    let argument = format!("-D {} ", data_dir.to_string_lossy());
    ps("command=", pid).is_some_and(|command| command.contains(&argument))
}

/// One column of `ps` about a process.
#[cfg(not(target_os = "linux"))]
fn ps(column: &str, pid: i32) -> Option<String> {
    let mut ps = std::process::Command::new("ps");
    ps.args(["-ww", "-o", column, "-p", &pid.to_string()]);
    let output = process::run(&mut ps, Duration::from_secs(5)).ok().flatten()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Stops the postmaster of the data directory, if one is running. `child` is its handle if we are its parent.
pub(crate) fn stop(data_dir: &Path, mode: StopMode, mut child: Option<&mut Child>) -> Result<(), Error> {
    let Some(pid) = running(data_dir) else {
        reap(child);
        return Ok(());
    };
    for (signal, limit) in mode.escalation() {
        // It fails if the process has gone in between, which is what the wait finds out.
        let _ = kill(Pid::from_raw(pid), *signal);
        if is_gone(pid, data_dir, *limit, child.as_deref_mut()) {
            return Ok(());
        }
    }
    Err(Error::NotStopped { pid })
}

fn is_gone(pid: i32, data_dir: &Path, limit: Duration, child: Option<&mut Child>) -> bool {
    let end = Instant::now() + limit;
    while serves(pid, data_dir) {
        if Instant::now() >= end {
            return false;
        }
        thread::sleep(POLL);
    }
    reap(child);
    true
}

/// Ends the zombie that a dead child is, if the dead was our child.
fn reap(child: Option<&mut Child>) {
    let Some(child) = child else { return };
    // A child that is alive here has lost its data directory; it ends on its own when it notices.
    let _ = process::wait(child, Duration::from_secs(1));
}

/// Waits, within a bound, until a dead postmaster named in the pid file is a zombie no more: PostgreSQL takes
/// one for alive, and whoever inherited it may be slow to reap it.
pub(crate) fn await_burial(data_dir: &Path) {
    let end = Instant::now() + BURIAL_LIMIT;
    while PidFile::read(data_dir).is_some_and(|file| is_zombie(file.pid)) && Instant::now() < end {
        thread::sleep(POLL);
    }
}

#[cfg(target_os = "linux")]
fn is_zombie(pid: i32) -> bool {
    // "pid (name) state …"; the name may contain anything.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z'))
}

#[cfg(not(target_os = "linux"))]
fn is_zombie(pid: i32) -> bool {
    let output = ps("stat=", pid);
    output.is_some_and(|state| state.trim_start().starts_with('Z'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(i32, &str, bool)>) {
        let expected =
            expected.map(|(pid, address, ready)| PidFile { pid, address: address.to_owned(), ready });
        assert_eq!(PidFile::parse(text), expected, "{text}");
    }

    #[test]
    fn pid_files() {
        let head = "4711\n/tmp/d\n1760000000\n5433\n/tmp/s\n";
        check(&format!("{head}127.0.0.1\n  5433001   1234\nready   \n"), Some((4711, "127.0.0.1", true)));
        check(&format!("{head}127.0.0.1\n  5433001   1234\nstarting\n"), Some((4711, "127.0.0.1", false)));
        check(&format!("{head}127.0.0.1\n"), Some((4711, "127.0.0.1", false)));
        check(&format!("{head}::1\n 1 2\nready\n"), Some((4711, "::1", true)));
        check(&format!("{head}\n 1 2\nready\n"), Some((4711, "", true)));
        check("4711\n", Some((4711, "", false)));
        check("-4711\n/tmp/d\n", None);
        check("1\n/tmp/d\n", None);
        check("0\n", None);
        check("x\n", None);
        check("", None);
    }

    #[test]
    fn another_process_is_never_taken_for_a_postmaster() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("postmaster.pid"), format!("{}\n", std::process::id())).expect("written");
        assert_eq!(running(dir.path()), None);
        stop(dir.path(), StopMode::Immediate, None).expect("nothing to stop; and this process is alive");
    }
}

//! A process that ends when this one does, even by `kill -9`.
//!
//! `PR_SET_PDEATHSIG` must be set between fork and exec, which safe Rust cannot do. So a shell stands between: it has the program
//! as its child and reads from a pipe whose other end is ours. When that end closes, whatever closed it, the program is told to
//! end. Without that `pg_dump` would go on: the end of the session that exported its snapshot does not concern it any more.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

const POLL: Duration = Duration::from_millis(5);

/// How long a program gets to end in order: `pg_dump` cancels what it runs on the server.
const GRACE: Duration = Duration::from_secs(5);

const SCRIPT: &str = include_str!("watch.sh");

/// A running program with all its children.
pub(super) struct Watched {
    pub(super) child: Child,
}

impl Watched {
    /// Runs the program with nothing to read, in a process group of its own, so that Ctrl-C in the terminal does not reach it.
    pub(super) fn start(command: &Command) -> io::Result<Self> {
        let program = Path::new(command.get_program());
        if program.is_absolute() && !program.is_file() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, "sh"]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell.env("LC_ALL", "C").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(dir) = command.get_current_dir() {
            shell.current_dir(dir);
        }
        Ok(Self { child: shell.process_group(0).spawn()? })
    }

    /// Ends what is left of the group; nothing, when the program has ended by itself.
    ///
    /// First by closing our end of the pipe: then the shell ends its children and waits for them, and no zombie is left to
    /// process 1, which may be us.
    pub(super) fn end(&mut self) {
        drop(self.child.stdin.take());
        let Ok(group) = i32::try_from(self.child.id()).map(Pid::from_raw) else { return };
        self.until_ended();
        for signal in [Signal::SIGTERM, Signal::SIGKILL] {
            if killpg(group, signal) == Err(Errno::ESRCH) {
                break;
            }
            self.until_gone(group);
        }
        let _ = self.child.wait();
    }

    /// The shell ends with its program; what the program has started may go on.
    fn until_ended(&mut self) {
        let end = Instant::now() + GRACE;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < end {
            thread::sleep(POLL);
        }
    }

    fn until_gone(&mut self, group: Pid) {
        let end = Instant::now() + GRACE;
        while Instant::now() < end {
            // A zombie is one of the group until it was waited for.
            let _ = self.child.try_wait();
            if killpg(group, None) == Err(Errno::ESRCH) {
                return;
            }
            thread::sleep(POLL);
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.end();
    }
}

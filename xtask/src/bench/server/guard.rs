//! Stops the server however we end: a process of its own that waits for our end of a pipe to close. The kernel
//! closes it too when Ctrl-C or `kill -9` ends us, and no destructor runs then.

use crate::failure::{Failure, Outcome};
use std::process::{Child, Command, Stdio};

/// Reads until nobody can write any more, then becomes the command in its arguments.
const WAIT: &str = r#"cat >/dev/null; exec "$0" "$@""#;

pub(super) struct Guard(Child);

impl Guard {
    /// Runs `last` when the guard is dropped, or when this process is gone.
    pub(super) fn over(last: &Command) -> Outcome<Self> {
        let mut sh = Command::new("sh");
        sh.args(["-c", WAIT]).arg(last.get_program()).args(last.get_args());
        if let Some(dir) = last.get_current_dir() {
            sh.current_dir(dir);
        }
        sh.stdin(Stdio::piped()).stdout(Stdio::null());
        // A group of its own: the terminal's Ctrl-C is not for it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut sh, 0);
        let child = sh.spawn().map_err(|cause| Failure::because("start sh", cause))?;
        Ok(Self(child))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        match self.0.wait() {
            Ok(status) if status.success() => {}
            Ok(status) => eprintln!("warning: {}", Failure::of_program("stop the server", status).chain()),
            Err(cause) => eprintln!("warning: {}", Failure::because("stop the server", cause).chain()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Guard;
    use crate::workspace;
    use std::process::Command;

    #[test]
    fn the_last_command_runs_when_the_guard_is_dropped() {
        let dir = workspace::target("bench");
        workspace::create_dir(&dir).expect("a folder");
        let sign = dir.join(format!("guard-{}", std::process::id()));
        let mut last = Command::new("touch");
        let guard = Guard::over(last.arg(&sign)).expect("a guard");
        assert!(!sign.exists());
        drop(guard);
        assert!(sign.exists());
        std::fs::remove_file(&sign).expect("the sign");
    }
}

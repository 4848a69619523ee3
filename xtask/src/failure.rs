//! What stops a task: a message that completes "failed to …", its cause, and the exit code of the program
//! that failed.

use std::error::Error;
use std::fmt::Write as _;
use std::process::{ExitCode, ExitStatus};

pub(crate) type Outcome<T = ExitCode> = Result<T, Failure>;

/// Why a task could not do its work.
#[derive(Debug)]
pub(crate) struct Failure {
    doing: String,
    cause: Option<Box<dyn Error>>,
    exit_code: u8,
    unavailable: bool,
}

impl Failure {
    /// `doing` completes "failed to …".
    pub(crate) fn new(doing: impl Into<String>) -> Self {
        Self { doing: doing.into(), cause: None, exit_code: 1, unavailable: false }
    }

    /// The same, with what went wrong underneath.
    pub(crate) fn because(doing: impl Into<String>, cause: impl Into<Box<dyn Error>>) -> Self {
        Self { cause: Some(cause.into()), ..Self::new(doing) }
    }

    /// A program that ran and failed; its exit code becomes ours.
    pub(crate) fn of_program(doing: impl Into<String>, status: ExitStatus) -> Self {
        Self { exit_code: code(status), ..Self::because(doing, status.to_string()) }
    }

    /// What a check needs is not to be had here, such as a network: the check says that it was skipped.
    pub(crate) fn unavailable(doing: impl Into<String>, cause: impl Into<Box<dyn Error>>) -> Self {
        Self { unavailable: true, ..Self::because(doing, cause) }
    }

    pub(crate) fn is_unavailable(&self) -> bool {
        self.unavailable
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.exit_code)
    }

    /// The message and every cause under it, in one line.
    pub(crate) fn chain(&self) -> String {
        let mut line = format!("failed to {}", self.doing);
        let mut cause = self.cause.as_deref();
        while let Some(error) = cause {
            // Writing to a String cannot fail.
            let _ = write!(line, ": {error}");
            cause = error.source();
        }
        line
    }
}

/// The exit code as a shell would report it: 128 + signal for a program that was killed.
pub(crate) fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| signal(status).map(|s| 128 + s));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

#[cfg(test)]
mod tests {
    use super::{Failure, code};
    use std::process::{Command, ExitStatus};

    fn sh(script: &str) -> ExitStatus {
        Command::new("sh").args(["-c", script]).status().expect("a shell")
    }

    #[test]
    fn exit_codes_read_as_in_a_shell() {
        assert_eq!(code(sh("exit 0")), 0);
        assert_eq!(code(sh("exit 75")), 75);
        assert_eq!(code(sh("kill -TERM $$")), 143);
    }

    #[test]
    fn the_chain_names_every_cause_once() {
        let failure = Failure::of_program("build pgrefit", sh("exit 3"));
        assert_eq!(failure.chain(), "failed to build pgrefit: exit status: 3");
        assert_eq!(Failure::new("x").chain(), "failed to x");
    }
}

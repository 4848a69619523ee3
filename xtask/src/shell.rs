//! Running other programs: to the end, for their output, or in our place.

use crate::failure::{Failure, Outcome, code};
use std::ffi::OsStr;
use std::process::{Command, ExitCode, Stdio};

/// Runs a program to its end, with our own stdin, stdout and stderr.
pub(crate) fn status(command: &mut Command) -> Outcome<ExitCode> {
    let status = command.status().map_err(|cause| Failure::because(start(command), cause))?;
    Ok(ExitCode::from(code(status)))
}

/// As [`status`], but an exit code other than 0 is a failure with that code.
pub(crate) fn succeed(command: &mut Command) -> Outcome<()> {
    let status = command.status().map_err(|cause| Failure::because(start(command), cause))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::of_program(format!("run {}", line(command)), status))
}

/// The first line of a program's stdout, or nothing when it is not installed or fails. Its stderr is not
/// shown.
pub(crate) fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.lines().next().map(str::trim).filter(|l| !l.is_empty());
    line.filter(|_| output.status.success()).map(str::to_owned)
}

/// Puts a program in our place, so that signals and the exit code are its own business.
#[cfg(unix)]
pub(crate) fn replace(command: &mut Command) -> Outcome<ExitCode> {
    let cause = std::os::unix::process::CommandExt::exec(command);
    Err(Failure::because(start(command), cause))
}

/// Where a process cannot be replaced, we wait for it.
#[cfg(not(unix))]
pub(crate) fn replace(command: &mut Command) -> Outcome<ExitCode> {
    status(command)
}

/// What is attempted, for [`Failure`].
pub(crate) fn start(command: &Command) -> String {
    format!("start {}", command.get_program().display())
}

/// Program and arguments. The environment and URLs are left out: they may hold a password.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let shown = |word: &OsStr| match word.to_string_lossy() {
        url if url.contains("://") => "<url>".into(),
        word => word.into_owned(),
    };
    words.map(shown).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{first_line, line, succeed};
    use std::process::Command;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn first_line_is_nothing_for_a_failure_or_an_empty_answer() {
        let check = |script, expected: Option<&str>| {
            assert_eq!(first_line(&mut sh(script)).as_deref(), expected, "{script}");
        };
        check("echo one; echo two", Some("one"));
        check("echo one; exit 1", None);
        check("echo", None);
        check("true", None);
        assert_eq!(first_line(&mut Command::new("no-such-program")), None);
    }

    #[test]
    fn a_failed_program_is_named_without_secrets() {
        let failure = succeed(sh("exit 4").env("SECRET", "hunter2")).expect_err("exit 4");
        assert_eq!(failure.chain(), "failed to run sh -c exit 4: exit status: 4");
        let mut psql = Command::new("psql");
        psql.args(["-d", "postgres://u:hunter2@h/d"]);
        assert_eq!(line(&psql), "psql -d <url>");
    }
}

//! The work on one database as a process of its own: this program again, with the URL in its environment. One that crashes or
//! runs out of memory takes no other with it, and what a command prints and keeps is its own.
//!
//! It is in a process group of its own, so that Ctrl-C in a terminal reaches it through us, once; and it ends in order when we
//! are gone, however that happened, because its standard input ends then.

use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use super::members::Fleet;
use crate::config::KEYS;
use crate::context::variable;
use crate::databases::Entry;
use crate::interrupt::GRACE;
use crate::{Exit, Failed};

/// How often a process is asked whether it has ended.
const POLL: Duration = Duration::from_millis(20);
/// How much of a report is read, in bytes. An audit of a very large schema has a few million.
const REPORT_BYTES_MAX: u64 = 64 << 20;
/// How much of a line of its log is read, in bytes.
const LINE_BYTES_MAX: u64 = 64 << 10;
/// How long its output may outlive it, as when a server that it has started still has the pipe.
const OUTPUT_WAIT: Duration = Duration::from_secs(5);
/// How long its last lines may take to come.
const LINES_WAIT: Duration = Duration::from_secs(1);

/// What a process came to.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) exit: Exit,
    /// Its report, as it was printed.
    pub(super) report: Option<Value>,
    /// What went wrong, in one line.
    pub(super) error: Option<String>,
}

impl Fleet<'_> {
    /// Runs a command, given by its arguments, on a database, for at most so long; `on_line` hears what it says.
    pub(super) async fn child(
        &self,
        entry: &Entry,
        arguments: &[String],
        limit: Option<Duration>,
        on_line: &dyn Fn(&str),
    ) -> Result<Finished, Failed> {
        let command = self.command(entry, arguments)?;
        let failed = |error: std::io::Error| {
            Failed::new(Exit::Internal, format!("failed to start a process: {error}"))
        };
        let mut running = Running::start(command).map_err(failed)?;
        let status = running.finish(&self.context.stop, limit, on_line).await.map_err(failed)?;
        let output = tokio::time::timeout(OUTPUT_WAIT, &mut running.output).await;
        let output = output.ok().and_then(Result::ok).unwrap_or_default();
        Ok(Finished::new(status, &output, running.last_words.take()))
    }

    fn command(&self, entry: &Entry, arguments: &[String]) -> Result<Command, Failed> {
        let program = std::env::current_exe().map_err(|error| {
            Failed::new(Exit::Internal, format!("failed to find this program's file: {error}"))
        })?;
        let global = &self.context.global;
        let mut command = Command::new(program);
        command.args(arguments).args(["--format", "json", "--log-format", "json", "--leash"]);
        command.args(["--metrics-database", &entry.name]);
        if let Some(config) = &global.config {
            command.arg("--config").arg(config);
        }
        if global.quiet {
            command.arg("--quiet");
        }
        for (name, value) in self.flags_of(entry) {
            if let Some(key) = KEYS.iter().find(|key| key.name == name) {
                command.env(key.variable(), value);
            }
        }
        command.env("DATABASE_URL", entry.url(&variable)?.expose());
        // One file cannot hold the metrics of many runs: the fleet writes its own. A gateway tells them apart by their names.
        command.env_remove(crate::telemetry::FILE_VARIABLE);
        Ok(command)
    }
}

/// A process at work.
struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
    output: oneshot::Receiver<Vec<u8>>,
    /// The last line that was no line of its log: that of a panic.
    last_words: Option<String>,
}

impl Running {
    fn start(mut command: Command) -> std::io::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.process_group(0).spawn()?;
        let (line, lines) = mpsc::channel(64);
        let (whole, output) = oneshot::channel();
        if let Some(pipe) = child.stderr.take() {
            thread::spawn(move || send_lines(pipe, &line));
        }
        if let Some(pipe) = child.stdout.take() {
            thread::spawn(move || whole.send(read_bounded(pipe)));
        }
        Ok(Self { child, lines, output, last_words: None })
    }

    async fn finish(
        &mut self,
        stop: &pgrefit_pg::Stop,
        limit: Option<Duration>,
        on_line: &dyn Fn(&str),
    ) -> std::io::Result<ExitStatus> {
        let start = Instant::now();
        let mut is_told = false;
        let mut has_lines = true;
        loop {
            if let Some(status) = self.child.try_wait()? {
                self.hear_out(on_line).await;
                return Ok(status);
            }
            let is_late = limit.is_some_and(|limit| start.elapsed() > limit);
            if !is_told && (stop.is_requested() || is_late) {
                is_told = true;
                self.tell(Signal::SIGTERM);
            }
            // It was told, and has had its time to end in order.
            if limit.is_some_and(|limit| start.elapsed() > limit + GRACE) {
                self.tell(Signal::SIGKILL);
            }
            tokio::select! {
                line = self.lines.recv(), if has_lines => match line {
                    Some(line) => self.hear(&line, on_line),
                    None => has_lines = false,
                },
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// What it has said before it ended: until its pipe ends, or whoever else has the pipe says nothing more.
    async fn hear_out(&mut self, on_line: &dyn Fn(&str)) {
        while let Ok(Some(line)) = tokio::time::timeout(LINES_WAIT, self.lines.recv()).await {
            self.hear(&line, on_line);
        }
    }

    /// A process that was not waited for keeps its id, so that no other process can be meant.
    fn tell(&self, signal: Signal) {
        if let Ok(id) = i32::try_from(self.child.id()) {
            let _ = kill(Pid::from_raw(id), signal);
        }
    }

    fn hear(&mut self, line: &str, on_line: &dyn Fn(&str)) {
        match serde_json::from_str::<Value>(line) {
            Ok(event) => {
                if let Some(message) = event.get("message").and_then(Value::as_str) {
                    on_line(message);
                }
            }
            Err(_) if !line.trim().is_empty() => self.last_words = Some(line.to_owned()),
            Err(_) => {}
        }
    }
}

impl Drop for Running {
    /// Whoever gives up on it lets it end in order. It is not waited for: this may be the end of this program.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.tell(Signal::SIGTERM);
        }
    }
}

impl Finished {
    fn new(status: ExitStatus, output: &[u8], last_words: Option<String>) -> Self {
        let report: Option<Value> = serde_json::from_slice(output).ok();
        let said = report.as_ref().and_then(error_of);
        if let Some(signal) = status.signal() {
            let error = Some(format!("its process was ended by signal {signal}"));
            return Self { exit: of_signal(signal), report, error };
        }
        let code = status.code().and_then(|code| u8::try_from(code).ok());
        let exit = code.map_or(Exit::Internal, Exit::of);
        let error = said.or_else(|| (exit != Exit::Done).then(|| last_words.unwrap_or_default()));
        Self { exit, report, error }
    }

    /// What helps, as its report says.
    pub(super) fn hint(&self) -> Option<String> {
        let hint = self.report.as_ref()?.get("outcome")?.get("error")?.get("hint")?;
        hint.as_str().map(str::to_owned)
    }

    /// A fact of its report that is a number.
    pub(super) fn number(&self, key: &str) -> Option<i64> {
        self.report.as_ref()?.get("facts")?.get(key)?.as_i64()
    }
}

/// The message of a failure and its causes, or the summary of a run that did not end well, in one line.
fn error_of(report: &Value) -> Option<String> {
    let outcome = report.get("outcome")?;
    if outcome.get("exit_code").and_then(Value::as_u64) == Some(0) {
        return None;
    }
    let Some(error) = outcome.get("error").filter(|error| error.is_object()) else {
        return outcome.get("summary").and_then(Value::as_str).map(str::to_owned);
    };
    let causes = error.get("causes").and_then(Value::as_array);
    let parts = error.get("message").into_iter().chain(causes.into_iter().flatten());
    Some(parts.filter_map(Value::as_str).collect::<Vec<_>>().join(": "))
}

/// Whoever is ended from outside may be tried again; one that has crashed has a bug.
fn of_signal(signal: i32) -> Exit {
    let from_outside = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGKILL];
    let is_from_outside = from_outside.iter().any(|known| *known as i32 == signal);
    if is_from_outside { Exit::TryAgain } else { Exit::Internal }
}

fn send_lines(pipe: impl Read, lines: &mpsc::Sender<String>) {
    let mut pipe = BufReader::new(pipe);
    let mut bytes = Vec::new();
    while pipe.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
        // Nobody listens when the work was given up; the process must still find somebody who reads.
        let _ = lines.blocking_send(String::from_utf8_lossy(&bytes).trim_end().to_owned());
        bytes.clear();
    }
}

/// What is more than a report may have is read too, and forgotten: a process whose pipe is full would wait for ever.
fn read_bounded(mut pipe: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = pipe.by_ref().take(REPORT_BYTES_MAX).read_to_end(&mut bytes);
    let _ = std::io::copy(&mut pipe, &mut std::io::sink());
    bytes
}

#[cfg(test)]
mod tests {
    use pgrefit_pg::Stop;
    use serde_json::json;

    use super::*;

    async fn shell(script: &str, stop: &Stop, limit: Option<Duration>) -> (Finished, Vec<String>) {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let said = std::cell::RefCell::new(Vec::new());
        let mut running = Running::start(command).unwrap();
        let on_line = |line: &str| said.borrow_mut().push(line.to_owned());
        let status = running.finish(stop, limit, &on_line).await.unwrap();
        let output = (&mut running.output).await.unwrap();
        let finished = Finished::new(status, &output, running.last_words.take());
        drop(running);
        (finished, said.into_inner())
    }

    #[tokio::test]
    async fn what_a_process_comes_to_is_told() {
        let check = async |script: &str, exit: Exit, error: Option<&str>| {
            let (finished, _) = shell(script, &Stop::default(), None).await;
            assert_eq!((finished.exit, finished.error.as_deref()), (exit, error), "{script}");
        };
        check("echo '{}'", Exit::Done, None).await;
        check("exit 101", Exit::Internal, Some("")).await;
        check("echo 'thread panicked' >&2; exit 101", Exit::Internal, Some("thread panicked")).await;
        check("kill -9 $$", Exit::TryAgain, Some("its process was ended by signal 9")).await;
        check("kill -ABRT $$", Exit::Internal, Some("its process was ended by signal 6")).await;
        check(
            "echo '{\"outcome\":{\"summary\":\"2 found\",\"exit_code\":1,\"error\":null}}'; exit 1",
            Exit::Findings,
            Some("2 found"),
        )
        .await;
    }

    #[tokio::test]
    async fn lines_of_its_log_are_heard() {
        let script = "echo '{\"message\":\"applied V1\"}' >&2; echo '{\"level\":1}' >&2; echo '{}'";
        let (_, said) = shell(script, &Stop::default(), None).await;
        assert_eq!(said, ["applied V1"]);
    }

    #[tokio::test]
    async fn a_request_and_a_limit_end_it_in_order() {
        let script = "trap 'echo stopping >&2; exit 75' TERM; sleep 5 >&- 2>&- & wait";
        let stop = Stop::default();
        stop.request();
        let started = Instant::now();
        // The shell may not have come to its trap; then the signal itself ends it.
        let (finished, _) = shell(script, &stop, None).await;
        assert_eq!(finished.exit, Exit::TryAgain);
        let (finished, _) = shell(script, &Stop::default(), Some(Duration::from_secs(1))).await;
        assert_eq!((finished.exit, finished.error.as_deref()), (Exit::TryAgain, Some("stopping")));
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn errors_are_one_line() {
        let report = json!({"outcome": {"exit_code": 13, "summary": "x", "error": {"message": "failed", "causes": ["no", "way"]}}});
        assert_eq!(error_of(&report).as_deref(), Some("failed: no: way"));
        assert_eq!(error_of(&json!({"outcome": {"exit_code": 0, "summary": "fine"}})), None);
    }
}

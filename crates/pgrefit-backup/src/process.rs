//! Runs a client program to its end, or to the end of our patience, and lets none outlive us.

mod watched;

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pgrefit_pg::Stop;
use tokio::sync::mpsc;

use crate::Error;
use watched::Watched;

const POLL: Duration = Duration::from_millis(10);

/// What goes into an error message is cut to this many bytes, from the end.
const SAID_BYTES_MAX: usize = 8000;

/// A program that prints more than that is not one of those we know.
const STDOUT_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A program about to be run.
pub(crate) struct Run {
    tool: String,
    command: Command,
    limit: Duration,
}

/// A program that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    /// The end of what it said on standard error, without messages of progress.
    pub(crate) said: String,
}

impl Run {
    pub(crate) fn new(tool: &str, command: Command, limit: Duration) -> Self {
        Self { tool: tool.to_owned(), command, limit }
    }

    /// Runs it. `on_line` is called with each line of standard error. Ends it when `stop` is requested, the limit is over, or the
    /// future is dropped.
    pub(crate) async fn finish(self, stop: &Stop, mut on_line: impl FnMut(&str)) -> Result<Ended, Error> {
        let (lines, mut said) = mpsc::channel(256);
        let gone = Gone::default();
        let (flag, stop) = (Arc::clone(&gone.0), stop.clone());
        let work = tokio::task::spawn_blocking(move || self.work(&stop, &flag, lines));
        let mut kept = Said::default();
        while let Some(line) = said.recv().await {
            on_line(&line);
            kept.keep(&line);
        }
        let ended = work.await.map_err(|cause| Error::ToolNotRun {
            program: "a client program".to_owned(),
            source: std::io::Error::other(cause),
        })?;
        ended.map(|(status, stdout)| Ended { status, stdout, said: kept.0 })
    }

    /// In a thread of its own.
    fn work(
        self,
        stop: &Stop,
        gone: &AtomicBool,
        lines: mpsc::Sender<String>,
    ) -> Result<(ExitStatus, Vec<u8>), Error> {
        let Self { tool, command, limit } = self;
        let program = command.get_program().display().to_string();
        let not_run = |source| Error::ToolNotRun { program: program.clone(), source };
        let mut watched = Watched::start(&command).map_err(not_run)?;
        let stderr = watched.child.stderr.take().map(|pipe| thread::spawn(move || send_lines(pipe, &lines)));
        let stdout = watched.child.stdout.take().map(|pipe| thread::spawn(move || read_all(pipe)));
        let end = Instant::now() + limit;
        let status = loop {
            match watched.child.try_wait().map_err(not_run)? {
                Some(status) => break status,
                None if stop.is_requested() || gone.load(Ordering::Relaxed) => return Err(Error::Stopped),
                None if Instant::now() >= end => return Err(Error::ToolTimeout { tool, limit }),
                None => thread::sleep(POLL),
            }
        };
        watched.end();
        let stdout = stdout.and_then(|thread| thread.join().ok()).unwrap_or_default();
        drop(stderr.map(thread::JoinHandle::join));
        Ok((status, stdout))
    }
}

/// Tells the thread that nobody waits any more.
#[derive(Default)]
struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn send_lines(pipe: impl Read, lines: &mpsc::Sender<String>) {
    let mut pipe = BufReader::new(pipe);
    let mut bytes = Vec::new();
    while pipe.read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        // Nobody listens when the run was given up; the program must still find somebody who reads.
        let _ = lines.blocking_send(line);
        bytes.clear();
    }
}

fn read_all(pipe: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A broken pipe leaves what came before it.
    let _ = pipe.take(STDOUT_BYTES_MAX).read_to_end(&mut bytes);
    bytes
}

/// What a program said, without its progress, from the end.
#[derive(Default)]
struct Said(String);

impl Said {
    fn keep(&mut self, line: &str) {
        if is_progress(line) {
            return;
        }
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(line);
        if self.0.len() > SAID_BYTES_MAX {
            let cut = self.0.len() - SAID_BYTES_MAX / 2;
            let at = (cut..self.0.len()).find(|at| self.0.is_char_boundary(*at)).unwrap_or(0);
            self.0.drain(..at);
        }
    }
}

/// `pg_restore: creating TABLE "public.t"`, as opposed to `pg_restore: error: …`.
fn is_progress(line: &str) -> bool {
    let levels = ["error:", "warning:", "detail:", "hint:", "fatal:", "from TOC entry", "while "];
    let own = ["pg_dump: ", "pg_restore: ", "pg_basebackup: ", "pg_verifybackup: "];
    let rest = own.iter().find_map(|own| line.strip_prefix(own));
    rest.is_some_and(|rest| !levels.iter().any(|level| rest.starts_with(level)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Run {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Run::new("sh", command, Duration::from_secs(20))
    }

    #[tokio::test]
    async fn output_and_status_are_kept() {
        let mut lines = Vec::new();
        let script = "echo out; echo 'pg_dump: reading' >&2; echo 'pg_dump: error: x' >&2; exit 3";
        let ended =
            shell(script).finish(&Stop::default(), |line| lines.push(line.to_owned())).await.expect("ends");
        assert_eq!((ended.status.code(), ended.stdout.as_slice()), (Some(3), b"out\n".as_slice()));
        assert_eq!((ended.said.as_str(), lines.len()), ("pg_dump: error: x", 2));
    }

    /// The process id that a script prints first, and the error that ends its run.
    async fn killed(limit: Duration, stop: &Stop) -> (i32, Error) {
        let mut pid = 0;
        let mut run = shell("echo $$ >&2; trap '' TERM; sleep 60 & wait");
        run.limit = limit;
        let error = run.finish(stop, |line| pid = line.parse().expect("a number")).await.expect_err("ended");
        (pid, error)
    }

    fn is_alive(pid: i32) -> bool {
        std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    }

    #[tokio::test]
    async fn time_is_bounded_and_nothing_stays_behind() {
        let (pid, error) = killed(Duration::from_millis(200), &Stop::default()).await;
        assert!(matches!(error, Error::ToolTimeout { .. }), "{error:?}");
        assert!(!is_alive(pid));
    }

    #[tokio::test]
    async fn a_request_to_stop_is_heeded() {
        let stop = Stop::default();
        let later = stop.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            later.request();
        });
        let (pid, error) = killed(Duration::from_secs(20), &stop).await;
        assert!(matches!(error, Error::Stopped) && !is_alive(pid), "{error:?}");
    }

    #[tokio::test]
    async fn an_abandoned_run_ends() {
        let (sender, mut receiver) = mpsc::channel(1);
        let run = tokio::spawn(async move {
            let run = shell("echo $$ >&2; sleep 60");
            run.finish(&Stop::default(), |line| {
                sender.try_send(line.parse().expect("a number")).expect("sent");
            })
            .await
        });
        let pid: i32 = receiver.recv().await.expect("it runs");
        run.abort();
        let end = Instant::now() + Duration::from_secs(10);
        while is_alive(pid) && Instant::now() < end {
            tokio::time::sleep(POLL).await;
        }
        assert!(!is_alive(pid));
    }

    #[tokio::test]
    async fn a_missing_program_is_an_error() {
        let run = Run::new("none", Command::new("/no/such/program"), Duration::from_secs(5));
        let ended = run.finish(&Stop::default(), |_| {}).await;
        assert!(matches!(ended, Err(Error::ToolNotRun { .. })), "{ended:?}");
    }

    #[test]
    fn what_was_said_is_bounded() {
        let mut said = Said::default();
        (0..10_000).for_each(|n| said.keep(&format!("pg_restore: error: é{n}")));
        assert!(said.0.len() <= SAID_BYTES_MAX && said.0.ends_with("é9999"));
    }
}

//! A running `pgrefit serve`, and who asks it.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::concurrency::until;
use crate::harness::Pgrefit;

/// How long anything of an exporter is waited for.
pub(super) const SOON: Duration = Duration::from_secs(30);

/// A running exporter, which ends with this value.
pub(super) struct Exporter {
    child: Child,
    pub(super) port: u16,
    log: Arc<Mutex<String>>,
    secrets: Vec<String>,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) code: u16,
    pub(super) head: String,
    pub(super) body: String,
    pub(super) took: Duration,
}

impl Exporter {
    /// Starts it, and waits until it listens. No log and no answer may hold one of the secrets.
    pub(super) fn start(command: Pgrefit, secrets: &[String]) -> Self {
        let mut child = command.start();
        let log = Arc::new(Mutex::new(String::new()));
        let (lines, stderr) = (Arc::clone(&log), child.stderr.take().unwrap());
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut log = lines.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let mut port = None;
        until("the exporter listens", SOON, || {
            let log = log.lock().unwrap();
            port = log.split_once("listening at http").and_then(|(_, rest)| {
                rest.split_once("://")?.1.split('/').next()?.rsplit(':').next()?.parse().ok()
            });
            assert!(port.is_some() || child.try_wait().unwrap().is_none(), "it has ended: {log}");
            port.is_some()
        });
        Self { child, port: port.unwrap(), log, secrets: secrets.to_vec() }
    }

    /// What it has logged.
    pub(super) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Asks for a path.
    pub(super) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    /// Asks with a method and more headers, each with its end of line.
    pub(super) fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        let began = Instant::now();
        let mut stream = connect(self.port);
        let answer = exchange(&mut stream, self.port, method, path, headers);
        let answer = Answer { took: began.elapsed(), ..answer };
        for secret in &self.secrets {
            assert!(!answer.body.contains(secret), "a secret was answered");
        }
        answer
    }

    /// All metrics.
    pub(super) fn metrics(&self) -> String {
        let answer = self.get("/metrics");
        assert_eq!(answer.code, 200, "{answer:?}");
        answer.body
    }

    /// The value of a series, as it is written.
    pub(super) fn value(&self, series: &str) -> Option<f64> {
        value(&self.metrics(), series)
    }

    /// Waits until a series has a value that is as wanted.
    pub(super) fn until(&self, series: &str, is_so: impl Fn(f64) -> bool) {
        let mut last = None;
        until(series, SOON, || {
            last = self.value(series);
            last.is_some_and(&is_so)
        });
    }

    /// Waits until every database was tried.
    pub(super) fn until_ready(&self) {
        until("ready", SOON, || self.get("/readyz").code == 200);
    }

    /// Sends a signal, and waits for the end.
    pub(super) fn end(mut self, signal: Signal) -> (ExitStatus, Duration, String) {
        let began = Instant::now();
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
        let status = self.child.wait().unwrap();
        let mut said = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        (status, began.elapsed(), said)
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let log = self.log();
        if !thread::panicking() {
            assert!(self.secrets.iter().all(|secret| !log.contains(secret)), "a secret was logged");
        }
    }
}

/// A connection to a port of this machine, which waits at most for a while.
pub(super) fn connect(port: u16) -> TcpStream {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stream = TcpStream::connect_timeout(&address, SOON).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream
}

/// One request, after which the connection ends.
pub(super) fn exchange(
    stream: &mut (impl Read + Write),
    port: u16,
    method: &str,
    path: &str,
    headers: &str,
) -> Answer {
    let host = if headers.contains("Host:") { String::new() } else { format!("Host: 127.0.0.1:{port}\r\n") };
    let request = format!("{method} {path} HTTP/1.1\r\n{host}{headers}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    // The end of TLS may come without a farewell.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    Answer { code, head: head.to_lowercase(), body: body.to_owned(), took: Duration::ZERO }
}

/// The value of a series in a text of metrics.
pub(super) fn value(metrics: &str, series: &str) -> Option<f64> {
    metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

/// A value that is a whole number.
pub(super) fn is(expected: f64) -> impl Fn(f64) -> bool {
    move |value| (value - expected).abs() < f64::EPSILON
}

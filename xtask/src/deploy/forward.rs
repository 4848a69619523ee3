//! One page of a pod, through `kubectl port-forward`: it ends inside of the pod, where no `NetworkPolicy` is in the way.

use crate::failure::{Failure, Outcome};
use crate::shell;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Until kubectl says which port it has opened here.
const OPEN: Duration = Duration::from_secs(30);

/// For the whole answer.
const ANSWER: Duration = Duration::from_secs(15);

/// Bytes of an answer; the metrics of a hundred databases are 0.2 MB.
const BYTES_MAX: usize = 16 << 20;

/// What a GET of this path gives. `forward` is kubectl with its arguments; it is ended.
///
/// # Errors
/// When no port is opened, when the answer takes too long, and when its status is not 200.
pub(super) fn get(forward: &mut Command, path: &str) -> Outcome<String> {
    let started = forward.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut kubectl = started.map_err(|cause| Failure::because(shell::start(forward), cause))?;
    let port = kubectl.stdout.take().and_then(port_of);
    let page = port.ok_or_else(|| Failure::new("open a port to the pod")).and_then(|port| page(port, path));
    // It may have ended by itself.
    let _ = kubectl.kill();
    let _ = kubectl.wait();
    page
}

/// The port of `Forwarding from 127.0.0.1:43210 -> 9464`.
fn port_of(said: ChildStdout) -> Option<u16> {
    let (first, wait) = mpsc::channel();
    // Reads on to the end, or kubectl would block on a full pipe.
    std::thread::spawn(move || {
        let lines = BufReader::new(said).lines().map_while(Result::ok);
        for port in lines.filter_map(|line| parse_port(&line)) {
            // Only the first is waited for.
            let _ = first.send(port);
        }
    });
    wait.recv_timeout(OPEN).ok()
}

fn parse_port(line: &str) -> Option<u16> {
    line.strip_prefix("Forwarding from 127.0.0.1:")?.split(' ').next()?.parse().ok()
}

fn page(port: u16, path: &str) -> Outcome<String> {
    let failed = |cause: String| Failure::because(format!("read {path} of the pod"), cause);
    let answer = answer(port, path).map_err(|cause| failed(cause.to_string()))?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| failed("no answer came".to_owned()))?;
    let status = head.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) == Some("200") { Ok(body.to_owned()) } else { Err(failed(status.to_owned())) }
}

/// By HTTP 1.0, whose answer ends with the connection.
fn answer(port: u16, path: &str) -> std::io::Result<String> {
    let deadline = Instant::now() + ANSWER;
    let mut connection = TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), ANSWER)?;
    connection.set_read_timeout(Some(ANSWER))?;
    write!(connection, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let read = connection.read(&mut buffer)?;
        if read == 0 {
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
        bytes.extend_from_slice(&buffer[..read]);
        if bytes.len() > BYTES_MAX || Instant::now() > deadline {
            return Err(std::io::Error::other("the answer does not end"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{get, parse_port};
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;
    use std::process::Command;

    /// A pod that answers once, and a kubectl that leads to it; what was asked for, too.
    fn ask(answer: &'static str) -> (Result<String, String>, String) {
        let pod = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = pod.local_addr().expect("an address").port();
        let asked = std::thread::spawn(move || {
            let (mut connection, _) = pod.accept().expect("a connection");
            let mut lines = BufReader::new(connection.try_clone().expect("a handle")).lines();
            let first = lines.next().expect("a line").expect("text");
            // All of it, or what is closed with something unread is reset.
            lines.find(|line| line.as_ref().is_ok_and(String::is_empty));
            connection.write_all(answer.as_bytes()).expect("written");
            first
        });
        let mut kubectl = Command::new("sh");
        kubectl.args(["-c", &format!("echo 'Forwarding from 127.0.0.1:{port} -> 9464'; exec sleep 60")]);
        let page = get(&mut kubectl, "/metrics").map_err(|failure| failure.chain());
        (page, asked.join().expect("a request"))
    }

    #[test]
    fn the_page_is_what_stands_behind_the_head() {
        let (page, asked) = ask("HTTP/1.1 200 OK\r\nx: y\r\n\r\nup 1\n");
        assert_eq!((page.as_deref(), asked.as_str()), (Ok("up 1\n"), "GET /metrics HTTP/1.0"));
    }

    #[test]
    fn another_status_than_200_is_a_failure() {
        let check = |answer, expected: &str| assert_eq!(ask(answer).0, Err(expected.to_owned()), "{answer}");
        check(
            "HTTP/1.1 401 Unauthorized\r\n\r\n",
            "failed to read /metrics of the pod: HTTP/1.1 401 Unauthorized",
        );
        check("", "failed to read /metrics of the pod: no answer came");
    }

    #[test]
    fn a_kubectl_that_opens_nothing_is_a_failure() {
        let mut kubectl = Command::new("sh");
        let failure = get(kubectl.args(["-c", "exit 1"]), "/metrics").expect_err("no port");
        assert_eq!(failure.chain(), "failed to open a port to the pod");
    }

    #[test]
    fn the_port_is_that_of_the_first_family() {
        let check = |line, expected| assert_eq!(parse_port(line), expected, "{line}");
        check("Forwarding from 127.0.0.1:43210 -> 9464", Some(43210));
        check("Forwarding from [::1]:43210 -> 9464", None);
        check("Handling connection for 43210", None);
    }
}

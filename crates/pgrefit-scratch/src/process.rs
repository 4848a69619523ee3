//! Runs a program to its end, or to the end of our patience.

use std::{
    io::{self, Read},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

const POLL: Duration = Duration::from_millis(5);

/// How long to wait for the rest of the output of a program that has ended.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);

/// Output that goes into an error message is cut to this many bytes, from the end.
const TAIL_BYTES: usize = 2000;

/// Runs the program with its output captured; `None` when it was killed because `limit` was over.
pub(crate) fn run(command: &mut Command, limit: Duration) -> io::Result<Option<Output>> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let Some(status) = wait(&mut child, limit)? else {
        child.kill()?;
        child.wait()?;
        return Ok(None);
    };
    let rest = |pipe: Receiver<Vec<u8>>| pipe.recv_timeout(DRAIN_LIMIT).unwrap_or_default();
    Ok(Some(Output { status, stdout: rest(stdout), stderr: rest(stderr) }))
}

/// Waits for the child to end; `None` when `limit` was over first.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<std::process::ExitStatus>> {
    let end = Instant::now() + limit;
    loop {
        match child.try_wait()? {
            None if Instant::now() < end => thread::sleep(POLL),
            status => return Ok(status),
        }
    }
}

/// Reads a pipe in a thread of its own: a full pipe would stop the program.
fn drain(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // A broken pipe leaves what came before it, which is all there is to show.
            let _ = pipe.read_to_end(&mut bytes);
        }
        let _ = sender.send(bytes);
    });
    receiver
}

/// Both streams as text, for an error message.
pub(crate) fn text(output: &Output) -> String {
    let mut bytes = output.stdout.clone();
    bytes.extend_from_slice(&output.stderr);
    tail(&bytes)
}

/// The end of some output as text, begun at a line where that is possible.
pub(crate) fn tail(bytes: &[u8]) -> String {
    let from = bytes.len().saturating_sub(TAIL_BYTES);
    let cut = &bytes[from..];
    let line = if from == 0 { 0 } else { cut.iter().position(|&b| b == b'\n').map_or(0, |at| at + 1) };
    String::from_utf8_lossy(&cut[line..]).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn output_is_captured() {
        let output = run(&mut shell("echo out; echo err >&2; exit 3"), Duration::from_secs(10));
        let output = output.expect("runs").expect("ends");
        assert_eq!((output.status.code(), text(&output).as_str()), (Some(3), "out\nerr"));
    }

    #[test]
    fn time_is_bounded() {
        let begun = Instant::now();
        assert!(run(&mut shell("exec sleep 60"), Duration::from_millis(50)).expect("runs").is_none());
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn tail_is_bounded_and_begins_at_a_line() {
        let long = "0123456789abcde\n".repeat(1000);
        let short = tail(long.as_bytes());
        assert!(short.len() <= TAIL_BYTES && short.starts_with('0'), "{short}");
        assert_eq!(tail(b" one\ntwo\n"), "one\ntwo");
    }
}

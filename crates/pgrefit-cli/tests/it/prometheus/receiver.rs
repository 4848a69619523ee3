//! Somebody who takes in what is posted, or never answers.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver as Channel, channel};
use std::thread;
use std::time::Duration;

pub(super) struct Receiver {
    port: u16,
    requests: Channel<String>,
}

impl Receiver {
    /// One that answers every request with this status, if with any.
    pub(super) fn start(status: Option<u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, requests) = channel();
        thread::spawn(move || {
            let mut silent = Vec::new();
            for mut connection in listener.incoming().map_while(Result::ok) {
                let Some(status) = status else {
                    silent.push(connection);
                    continue;
                };
                let _ = sender.send(request(&mut connection));
                let answer =
                    format!("HTTP/1.1 {status} x\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno");
                let _ = connection.write_all(answer.as_bytes());
            }
        });
        Self { port, requests }
    }

    pub(super) fn url(&self, user: &str) -> String {
        format!("http://{user}127.0.0.1:{}", self.port)
    }

    /// The next request, head and body.
    pub(super) fn request(&self) -> String {
        self.requests.recv_timeout(Duration::from_secs(10)).expect("somebody posts")
    }
}

fn request(connection: &mut TcpStream) -> String {
    connection.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    while !is_whole(&bytes) {
        match connection.read(&mut part) {
            Ok(length) if length > 0 => bytes.extend_from_slice(&part[..length]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    body.len() >= length.unwrap_or(0)
}

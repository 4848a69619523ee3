//! A receiver that answers every request with the same bytes, or with none and keeps the connection.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver as Channel, Sender, channel};
use std::thread;
use std::time::Duration;

/// What came in.
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) struct Receiver {
    port: u16,
    requests: Channel<Request>,
}

impl Receiver {
    pub(crate) fn start(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, requests) = channel();
        thread::spawn(move || {
            // Kept, so that nothing tells the client that there will be no answer.
            let mut connections = Vec::new();
            for connection in listener.incoming().map_while(Result::ok) {
                connections.extend(serve(connection, answer, &sender));
            }
        });
        Self { port, requests }
    }

    pub(crate) fn url(&self, user: &str, path: &str) -> String {
        format!("http://{user}127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn request(&self) -> Request {
        self.requests.recv_timeout(Duration::from_secs(5)).unwrap()
    }
}

fn serve(mut connection: TcpStream, answer: &str, sender: &Sender<Request>) -> Option<TcpStream> {
    let request = read(&mut connection)?;
    let _ = sender.send(request);
    connection.write_all(answer.as_bytes()).ok()?;
    Some(connection)
}

fn read(connection: &mut TcpStream) -> Option<Request> {
    connection.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut bytes = Vec::new();
    loop {
        if let Some(request) = whole(&bytes) {
            return Some(request);
        }
        let mut part = [0; 4096];
        let length = connection.read(&mut part).ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&part[..length]);
    }
}

fn whole(bytes: &[u8]) -> Option<Request> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let length = head.to_lowercase();
    let length = length.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()?;
    let body = bytes.get(end..).filter(|body| body.len() >= length)?;
    Some(Request { head, body: String::from_utf8(body.to_vec()).ok()? })
}

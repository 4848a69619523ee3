//! A network that fails on demand: passes bytes between a client and the server until it is told otherwise.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// A proxy before a server. Its connections end with it.
pub(crate) struct Proxy {
    port: u16,
    network: Arc<Network>,
}

struct Network {
    server_port: u16,
    lines: Mutex<Vec<Arc<Line>>>,
    is_down: AtomicBool,
    is_silent: AtomicBool,
    is_over: AtomicBool,
}

/// One connection.
struct Line {
    client: TcpStream,
    server: TcpStream,
    /// From when the client has sent this, nothing of what the server answers arrives.
    last: Mutex<Option<Vec<u8>>>,
    is_answered: AtomicBool,
    is_open: AtomicBool,
}

impl Proxy {
    /// A proxy that passes everything on.
    pub(crate) fn before(server_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let network = Arc::new(Network {
            server_port,
            lines: Mutex::default(),
            is_down: AtomicBool::new(false),
            is_silent: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&network);
        thread::spawn(move || accepting.accept(&listener));
        Self { port, network }
    }

    /// Where clients connect to.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Ends every connection on both sides, and those that come, until it is mended.
    pub(crate) fn cut(&self) {
        self.network.is_down.store(true, Ordering::SeqCst);
        for line in self.network.lines() {
            line.end();
        }
    }

    /// Passes everything on again, on connections that are made from now on.
    pub(crate) fn mend(&self) {
        self.network.is_down.store(false, Ordering::SeqCst);
        self.network.is_silent.store(false, Ordering::SeqCst);
    }

    /// Passes nothing on any more, and ends no connection: packets are dropped on the way. Connections from before it is
    /// mended stay silent for ever.
    pub(crate) fn go_silent(&self) {
        self.network.is_silent.store(true, Ordering::SeqCst);
        for line in self.network.lines() {
            line.is_open.store(false, Ordering::SeqCst);
        }
    }

    /// Has the server find out that the clients of silent connections are gone, as it does by keepalive packets.
    pub(crate) fn end_silent_at_server(&self) {
        for line in self.network.lines() {
            if !line.is_open.load(Ordering::SeqCst) {
                let _ = line.server.shutdown(Shutdown::Both);
            }
        }
    }

    /// Loses the answers to the backend whose client is at `client_port`, as `pg_stat_activity` has it, from when a text is
    /// sent.
    pub(crate) fn swallow_answers(&self, client_port: u16, from: &str) {
        let of_backend = |line: &Arc<Line>| line.server.local_addr().is_ok_and(|at| at.port() == client_port);
        let line = self.network.lines().into_iter().find(of_backend).expect("a connection of this proxy");
        *line.last.lock().unwrap() = Some(from.as_bytes().to_vec());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.network.is_over.store(true, Ordering::SeqCst);
        self.cut();
        // Wakes the one who accepts.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Network {
    fn lines(&self) -> Vec<Arc<Line>> {
        self.lines.lock().unwrap().clone()
    }

    fn accept(&self, listener: &TcpListener) {
        for client in listener.incoming() {
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            let Ok(client) = client else { continue };
            if self.is_down.load(Ordering::SeqCst) {
                continue;
            }
            let Ok(server) = TcpStream::connect(("127.0.0.1", self.server_port)) else { continue };
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let line = Arc::new(Line {
                client,
                server,
                last: Mutex::default(),
                is_answered: AtomicBool::new(true),
                is_open: AtomicBool::new(!self.is_silent.load(Ordering::SeqCst)),
            });
            self.lines.lock().unwrap().push(Arc::clone(&line));
            // The network may have been cut in between.
            if self.is_down.load(Ordering::SeqCst) {
                line.end();
            }
            let up = Arc::clone(&line);
            thread::spawn(move || up.send());
            thread::spawn(move || line.answer());
        }
    }
}

impl Line {
    fn send(&self) {
        let mut bytes = vec![0; 64 * 1024];
        while let Some(sent) = read(&self.client, &mut bytes) {
            let is_last = |text: &Vec<u8>| sent.windows(text.len()).any(|part| part == text);
            if self.last.lock().unwrap().as_ref().is_some_and(is_last) {
                self.is_answered.store(false, Ordering::SeqCst);
            }
            if self.is_open.load(Ordering::SeqCst) && (&self.server).write_all(sent).is_err() {
                break;
            }
        }
        self.end();
    }

    fn answer(&self) {
        let mut bytes = vec![0; 64 * 1024];
        while let Some(answer) = read(&self.server, &mut bytes) {
            let passes = self.is_open.load(Ordering::SeqCst) && self.is_answered.load(Ordering::SeqCst);
            if passes && (&self.client).write_all(answer).is_err() {
                break;
            }
        }
        // Who is behind a silent network does not hear of the end either.
        if self.is_open.load(Ordering::SeqCst) {
            self.end();
        }
    }

    fn end(&self) {
        let _ = (self.client.shutdown(Shutdown::Both), self.server.shutdown(Shutdown::Both));
    }
}

/// The next bytes; none at the end.
fn read<'a>(mut stream: &TcpStream, bytes: &'a mut [u8]) -> Option<&'a [u8]> {
    match stream.read(bytes) {
        Ok(0) | Err(_) => None,
        Ok(count) => Some(&bytes[..count]),
    }
}

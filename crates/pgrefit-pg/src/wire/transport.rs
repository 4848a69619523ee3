//! Bytes in and out of a socket that never blocks, in clear or encrypted.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustls::ClientConnection;

use super::input::Input;
use super::socket::FreeSocket;

/// What came of one look at the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Bytes for [`Wire::next_frame`](super::Wire::next_frame).
    pub bytes: usize,
    /// Whether there may be more at once: look again before waiting. On an edge-triggered wait nothing else would say so.
    pub more: bool,
    /// Whether the server has closed the connection; what came before that is still to be taken.
    pub closed: bool,
}

const NOTHING: Received = Received { bytes: 0, more: false, closed: false };

/// The socket, and what encrypts it.
pub(super) struct Transport {
    socket: FreeSocket,
    tls: Option<Box<ClientConnection>>,
}

impl Transport {
    pub(super) fn new(socket: FreeSocket, mut tls: Option<ClientConnection>) -> Self {
        if let Some(tls) = &mut tls {
            // What is not sent is bounded by whoever puts requests into the buffer.
            tls.set_buffer_limit(None);
        }
        Self { socket, tls: tls.map(Box::new) }
    }

    /// Reading and writing then wait so long before they say that it would block.
    pub(super) fn wait_in_place(&mut self, limit: Duration) -> io::Result<()> {
        self.socket.wait_in_place(limit)
    }

    /// How many of these bytes were taken; 0 when none can be now.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            None => without_blocking(|| self.socket.write(bytes)).map(Option::unwrap_or_default),
            Some(tls) => tls.writer().write(bytes),
        }
    }

    /// Sends what TLS still has. `true` when that was all.
    pub(super) fn finish_writing(&mut self) -> io::Result<bool> {
        let Some(tls) = &mut self.tls else { return Ok(true) };
        while tls.wants_write() {
            if without_blocking(|| tls.write_tls(&mut self.socket))?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn read(&mut self, input: &mut Input) -> io::Result<Received> {
        match &mut self.tls {
            None => read_plain(&mut self.socket, input),
            Some(tls) => read_tls(&mut self.socket, tls, input),
        }
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn read_plain(socket: &mut FreeSocket, input: &mut Input) -> io::Result<Received> {
    let room = input.room();
    let wanted = room.len();
    let received = match without_blocking(|| socket.read(room))? {
        None => NOTHING,
        Some(0) => Received { closed: true, ..NOTHING },
        // A stream that gave less than was asked for has no more (epoll(7), "Questions and answers", 9).
        Some(bytes) => Received { bytes, more: bytes == wanted, closed: false },
    };
    input.filled(received.bytes);
    Ok(received)
}

/// What was decrypted goes first; only when there is none is the socket looked at.
fn read_tls(socket: &mut FreeSocket, tls: &mut ClientConnection, input: &mut Input) -> io::Result<Received> {
    if let Some(bytes) = decrypted(tls, input)? {
        return Ok(Received { bytes, more: bytes > 0, closed: bytes == 0 });
    }
    match without_blocking(|| tls.read_tls(socket))? {
        None => return Ok(NOTHING),
        // A peer that goes without a farewell is noticed by the next reading of what was decrypted.
        Some(0) => return Ok(Received { closed: true, ..NOTHING }),
        Some(_) => {}
    }
    tls.process_new_packets().map_err(io::Error::other)?;
    let bytes = decrypted(tls, input)?.unwrap_or(0);
    Ok(Received { bytes, more: true, closed: false })
}

/// `None` when nothing is decrypted yet, 0 after the peer's farewell.
fn decrypted(tls: &mut ClientConnection, input: &mut Input) -> io::Result<Option<usize>> {
    let read = without_blocking(|| tls.reader().read(input.room()))?;
    input.filled(read.unwrap_or(0));
    Ok(read)
}

/// `None` when it would block; tries again when a signal came between.
fn without_blocking(mut work: impl FnMut() -> io::Result<usize>) -> io::Result<Option<usize>> {
    loop {
        match work() {
            Ok(count) => return Ok(Some(count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

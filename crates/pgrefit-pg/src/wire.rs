//! A session without a driver, for those who put a load on a server: messages of the protocol put into a buffer and taken out of
//! one, on a socket that never blocks.
//!
//! tokio is needed to open it and to cancel what it runs, and for nothing between. Only the extended protocol is spoken, one
//! command a statement, and every request ends its own transaction. See "Frontend/Backend Protocol" in the PostgreSQL manual.
//!
//! ```no_run
//! # use std::time::Duration;
//! # use pgrefit_pg::{Connector, Error};
//! # use pgrefit_pg::wire::{Call, Frame, ResultForm};
//! # async fn example(connector: &Connector) -> Result<(), Box<dyn std::error::Error>> {
//! let mut wire = connector.wire_reader(Duration::from_secs(30)).await?;
//! wire.prepare("by_id", "SELECT * FROM documents WHERE n = $1")?;
//! wire.call(&Call::new("by_id", 1, ResultForm::Text)?, |values| values.text(b"7"))?;
//! while !wire.flush()? { /* wait until the socket takes more */ }
//! loop {
//!     let received = wire.receive()?; // … wait until there is something when it says that there was nothing
//!     while let Some(frame) = wire.next_frame()? {
//!         if let Frame::Ready = frame { /* one of the two requests is over */ }
//!     }
//! #   if received.closed { break }
//! }
//! # Ok(())
//! # }
//! ```

mod call;
mod cancel;
mod frame;
mod guard;
mod input;
mod login;
mod shared;
mod socket;
mod tls;
mod transport;

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use postgres_protocol::message::frontend;

use crate::{Connector, Error};
use input::Input;
use transport::Transport;

pub use call::{Call, ResultForm, Values};
pub use cancel::WireCancel;
pub use frame::{ErrorFields, Frame};
pub use guard::first_word;
pub use transport::Received;

/// An open session whose messages are sent and received by hand.
///
/// It is closed by dropping it: the server then ends what it still runs when it next writes to the socket, or when
/// `statement_timeout` runs out; [`Self::canceller`] ends it at once.
pub struct Wire {
    transport: Transport,
    input: Input,
    output: BytesMut,
    pid: i32,
    read_only: bool,
    cancel: WireCancel,
}

impl Connector {
    /// Opens a session for a load that cannot write: `default_transaction_read_only` is on from its first moment, and asked for
    /// once. `statement` is its `statement_timeout`, at least a millisecond.
    ///
    /// Whatever could turn that off, or leave a transaction in which it is off, is kept from the server: [`Wire::prepare`] takes
    /// only statements that begin with `SELECT`, `WITH`, `VALUES`, `TABLE`, `SHOW` or `EXPLAIN`, and that do not name
    /// `set_config`. A function may call that all the same; the server reports it before the answer's end (from PostgreSQL 14 on),
    /// and [`Wire::next_frame`] then fails and sends nothing more. As in any read-only transaction, what has no transaction is
    /// not kept from happening: advisory locks, `pg_terminate_backend`, what an extension does outside of the server.
    ///
    /// Its settings are those of the session. Behind a pooler that does not hand them to the server it is refused.
    ///
    /// # Errors
    /// Any of the connecting phase; [`Error::NotReadOnly`] when the server did not take the setting.
    pub async fn wire_reader(&self, statement: Duration) -> Result<Wire, Error> {
        login::open(self, true, statement).await
    }

    /// Opens a session for a load that may write. `statement` is its `statement_timeout`, at least a millisecond.
    ///
    /// # Errors
    /// Any of the connecting phase; [`Error::Exchange`] when the settings of the session do not reach the server.
    pub async fn wire_writer(&self, statement: Duration) -> Result<Wire, Error> {
        login::open(self, false, statement).await
    }
}

impl Wire {
    /// Puts a request into the buffer that prepares a statement under a name and describes it: [`Frame::Parsed`],
    /// [`Frame::Parameters`], [`Frame::Columns`] and [`Frame::Ready`] come back, or [`Frame::Failed`] and [`Frame::Ready`].
    ///
    /// # Errors
    /// [`Error::NotAQuery`] in a read-only session, for a statement that may do more than read; [`Error::Exchange`] for a name or a
    /// text with a zero byte.
    pub fn prepare(&mut self, name: &str, sql: &str) -> Result<(), Error> {
        if self.read_only {
            guard::check(sql)?;
        }
        let output = &mut self.output;
        frontend::parse(name, sql, [], output).map_err(unsendable)?;
        frontend::describe(b'S', name, output).map_err(unsendable)?;
        frontend::sync(output);
        Ok(())
    }

    /// Puts a request into the buffer that forgets a prepared statement, also one that does not exist: [`Frame::Closed`] and
    /// [`Frame::Ready`] come back.
    ///
    /// # Errors
    /// [`Error::Exchange`] for a name with a zero byte.
    pub fn forget(&mut self, name: &str) -> Result<(), Error> {
        frontend::close(b'S', name, &mut self.output).map_err(unsendable)?;
        frontend::sync(&mut self.output);
        Ok(())
    }

    /// Puts a request into the buffer that runs a prepared statement, with the values that `values` is given: [`Frame::Bound`],
    /// a [`Frame::Row`] for each row, [`Frame::Complete`] and [`Frame::Ready`] come back, or [`Frame::Failed`] instead of what is
    /// left before [`Frame::Ready`].
    ///
    /// # Errors
    /// [`Error::Exchange`] when there are not as many values as the call has, or a value is longer than a gigabyte; then nothing
    /// was put into the buffer.
    pub fn call(&mut self, call: &Call, values: impl FnOnce(&mut Values<'_>)) -> Result<(), Error> {
        call.write(&mut self.output, values)
    }

    /// Sends what is in the buffer, as far as the socket takes it without blocking. `true` when all of it was sent.
    ///
    /// # Errors
    /// What the operating system or TLS says: the connection is lost.
    pub fn flush(&mut self) -> io::Result<bool> {
        while !self.output.is_empty() {
            match self.transport.write(&self.output)? {
                0 => return Ok(false),
                sent => self.output.advance(sent),
            }
        }
        self.transport.finish_writing()
    }

    /// Bytes in the buffer that the socket has not taken yet.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.output.len()
    }

    /// Reads once what the socket has, without blocking; [`Self::next_frame`] then takes it apart, and must be called until it has
    /// none before the next call of this.
    ///
    /// # Errors
    /// What the operating system or TLS says: the connection is lost.
    pub fn receive(&mut self) -> io::Result<Received> {
        self.transport.read(&mut self.input)
    }

    /// Has [`Self::receive`] wait up to `limit` for the socket, and [`Self::flush`] too, instead of never: for a thread that has only
    /// this session to wait for, a system call less for each answer.
    ///
    /// # Errors
    /// What the operating system says; `limit` may not be zero.
    pub fn wait_in_place(&mut self, limit: Duration) -> io::Result<()> {
        self.transport.wait_in_place(limit)
    }

    /// The next message that has arrived whole; of a row, its beginning is enough, and its bytes are never kept. Notices and
    /// reports of settings are passed over.
    ///
    /// # Errors
    /// [`Error::Exchange`] for what is no message of the protocol, or a message other than a row of more than 16 MiB;
    /// [`Error::NotReadOnly`] when a read-only session could write from now on. The session is of no use after either, and must be
    /// dropped.
    #[inline]
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, Error> {
        self.input.next(self.read_only)
    }

    /// Says goodbye and closes the connection. What still runs goes on until it next writes to the socket.
    pub fn close(mut self) {
        frontend::terminate(&mut self.output);
        // The server is as content with a connection that just ends.
        let _ = self.flush();
    }

    /// The process id of the backend, as `pg_backend_pid()` has it.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Whether it cannot write.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Cancels what this session runs, from elsewhere.
    #[must_use]
    pub fn canceller(&self) -> WireCancel {
        self.cancel.clone()
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.transport.as_fd()
    }
}

impl AsRawFd for Wire {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pid, read_only, .. } = self;
        f.debug_struct("Wire").field("pid", pid).field("read_only", read_only).finish_non_exhaustive()
    }
}

fn unsendable(error: io::Error) -> Error {
    Error::Exchange(error.into())
}

//! The socket of a session: TCP or Unix.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream as StdTcp};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream as StdUnix;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use crate::settings::{Host, Keepalive};

/// While tokio waits for it.
pub(super) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// After that. It does not block, unless it is told to wait a while.
pub(super) enum FreeSocket {
    Tcp(StdTcp),
    Unix(StdUnix),
}

impl Socket {
    /// Connects, to the host's Unix socket without an address. Whoever calls bounds it.
    pub(super) async fn connect(
        host: &Host,
        address: Option<SocketAddr>,
        keepalive: &Keepalive,
    ) -> io::Result<Self> {
        let Some(address) = address else {
            let path = Path::new(&host.name).join(format!(".s.PGSQL.{}", host.port));
            return Ok(Self::Unix(UnixStream::connect(path).await?));
        };
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        keep_alive(&SockRef::from(&stream), keepalive)?;
        Ok(Self::Tcp(stream))
    }

    pub(super) fn free(self) -> io::Result<FreeSocket> {
        Ok(match self {
            Self::Tcp(stream) => FreeSocket::Tcp(stream.into_std()?),
            Self::Unix(stream) => FreeSocket::Unix(stream.into_std()?),
        })
    }
}

impl FreeSocket {
    pub(super) fn wait_in_place(&self, limit: Duration) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => {
                stream.set_read_timeout(Some(limit))?;
                stream.set_write_timeout(Some(limit))?;
                stream.set_nonblocking(false)
            }
            Self::Unix(stream) => {
                stream.set_read_timeout(Some(limit))?;
                stream.set_write_timeout(Some(limit))?;
                stream.set_nonblocking(false)
            }
        }
    }
}

/// As tokio-postgres does for the other sessions.
fn keep_alive(socket: &SockRef<'_>, keepalive: &Keepalive) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(keepalive.user_timeout))?;
    if !keepalive.on {
        return Ok(());
    }
    let wanted = TcpKeepalive::new().with_time(keepalive.idle).with_interval(keepalive.interval);
    socket.set_tcp_keepalive(&wanted.with_retries(keepalive.retries))
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, into),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, into),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

impl Read for FreeSocket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(into),
            Self::Unix(stream) => stream.read(into),
        }
    }
}

impl Write for FreeSocket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for FreeSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            Self::Unix(stream) => stream.as_fd(),
        }
    }
}

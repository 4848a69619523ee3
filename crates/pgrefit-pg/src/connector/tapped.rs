//! Sessions whose bytes somebody watches: for a pool that must know what a connection is doing.
//!
//! tokio-postgres keeps to itself what the server says of the transaction in each `ReadyForQuery`. A [`Tap`] is shown the
//! protocol as it passes, after decryption. It sits where tokio-postgres puts TLS: to a plain connection it is a TLS that does
//! nothing, which is begun at once, without asking the server.

use std::future::{Ready, ready};
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::task::AbortHandle;
use tokio_postgres::config::{SslMode, SslNegotiation};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres::{CancelToken, Client};

use super::{Connector, Login, Route};
use crate::session::{LastWords, OnNotice, Session, SimpleRow};
use crate::{CancelHandle, Error};

/// Is shown what passes between this program and the server, in order, from the startup packet on.
pub trait Tap: Send + 'static {
    /// These bytes were handed to the network.
    fn sent(&mut self, bytes: &[u8]);
    /// These bytes came from the network.
    fn received(&mut self, bytes: &[u8]);
}

/// Makes a tap for each connection that is tried.
pub type MakeTap = Arc<dyn Fn() -> Box<dyn Tap> + Send + Sync>;

/// An open connection with a tap.
pub struct TappedSession {
    /// The client.
    pub client: Client,
    /// The task that drives the connection. It ends by itself when the client is dropped and everything is answered.
    pub task: AbortHandle,
    /// Cancels what the connection runs.
    pub cancel: CancelHandle,
    /// As in `server_version_num`; 0 when the server did not say.
    pub version_num: u32,
    /// Makes errors of the client ours.
    pub last_words: LastWords,
}

impl std::fmt::Debug for TappedSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TappedSession").field("version_num", &self.version_num).finish_non_exhaustive()
    }
}

impl Connector {
    /// Opens a session whose bytes are shown to a tap; `make_tap` is called for every connection that is tried on the way there,
    /// and the last one made belongs to the session.
    ///
    /// # Errors
    /// Any of the connecting phase.
    pub async fn tapped(&self, make_tap: MakeTap) -> Result<TappedSession, Error> {
        let session = self.dial(TappedLogin { on_notice: self.on_notice.clone(), make_tap }).await?;
        Ok(TappedSession {
            cancel: session.canceller(),
            task: session.task,
            version_num: session.version_num,
            last_words: session.last_words,
            client: session.client,
        })
    }
}

impl Error {
    /// An error of a client that somebody else drives.
    #[must_use]
    pub fn of_client(error: tokio_postgres::Error) -> Self {
        Self::in_session(error)
    }
}

/// The login of a session with a tap.
struct TappedLogin {
    on_notice: Option<OnNotice>,
    make_tap: MakeTap,
}

impl Login for TappedLogin {
    type Session = Session;

    async fn log_in(&self, mut route: Route<'_>) -> Result<Session, Error> {
        let (limit, notice, tap) = (route.limit, self.on_notice.clone(), Some((self.make_tap)()));
        // Where TLS is only preferred, the login must not follow on the same connection when the server has none: the tap would
        // miss it. The caller tries again without TLS.
        route.config.ssl_mode(SslMode::Require);
        if let Some(tls) = route.tls {
            let tls = tls.maker();
            let tapping = Tapping { inner: tls.clone(), tap };
            let connected = route.config.connect(tapping).await;
            let (client, connection) = connected.map_err(|error| route.refused(error))?;
            return Ok(Session::spawn(client, connection, Some(tls), limit, notice));
        }
        route.config.ssl_negotiation(SslNegotiation::Direct);
        let plain = Tapping { inner: Plain, tap };
        if !route.host.is_unix() {
            let connected = route.config.connect(plain).await;
            let (client, connection) = connected.map_err(|error| route.refused(error))?;
            let session = Session::spawn(client, connection, None, limit, notice);
            return Ok(Session { tapped: Some(PlainWay::Tcp), ..session });
        }
        let socket = Path::new(&route.host.name).join(format!(".s.PGSQL.{}", route.host.port));
        let stream = connect_unix(&socket).await?;
        let connected = route.config.connect_raw(stream, plain).await;
        let (client, connection) = connected.map_err(|error| route.refused(error))?;
        let session = Session::spawn(client, connection, None, limit, notice);
        Ok(Session { tapped: Some(PlainWay::Unix(socket)), ..session })
    }

    async fn ask(&self, session: &mut Session, sql: &str) -> Result<Vec<SimpleRow>, Error> {
        session.simple(sql).await
    }
}

async fn connect_unix(socket: &Path) -> Result<UnixStream, Error> {
    let unreachable = |source| Error::Unreachable { host: socket.display().to_string(), source };
    UnixStream::connect(socket).await.map_err(unreachable)
}

/// How to reach the server of a plain session that has a tap.
#[derive(Debug, Clone)]
pub(crate) enum PlainWay {
    Tcp,
    Unix(PathBuf),
}

impl PlainWay {
    /// Sends a cancel request. The token believes in a TLS, which does nothing here either.
    pub(crate) async fn cancel(&self, token: &CancelToken) -> Result<(), Error> {
        let plain = Tapping { inner: Plain, tap: None };
        let sent = match self {
            Self::Tcp => token.cancel_query(plain).await,
            Self::Unix(socket) => token.cancel_query_raw(connect_unix(socket).await?, plain).await,
        };
        sent.map_err(Error::in_session)
    }
}

/// A TLS, or none, with a tap on what it decrypts.
pub(super) struct Tapping<T> {
    inner: T,
    tap: Option<Box<dyn Tap>>,
}

impl<S, T: MakeTlsConnect<S>> MakeTlsConnect<S> for Tapping<T>
where
    T::Stream: 'static,
    <T::TlsConnect as TlsConnect<S>>::Future: Send + 'static,
{
    type Stream = TappedStream<T::Stream>;
    type TlsConnect = Tapping<T::TlsConnect>;
    type Error = T::Error;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Self::TlsConnect, Self::Error> {
        Ok(Tapping { inner: self.inner.make_tls_connect(domain)?, tap: self.tap.take() })
    }
}

impl<S, C: TlsConnect<S>> TlsConnect<S> for Tapping<C>
where
    C::Stream: 'static,
    C::Future: Send + 'static,
{
    type Stream = TappedStream<C::Stream>;
    type Error = C::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Self::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let Self { inner, tap } = self;
        let connecting = inner.connect(stream);
        Box::pin(async move { Ok(TappedStream { inner: connecting.await?, tap }) })
    }
}

/// The TLS that does nothing.
#[derive(Clone, Copy)]
struct Plain;

impl<S: AsyncRead + AsyncWrite + Unpin> MakeTlsConnect<S> for Plain {
    type Stream = PlainStream<S>;
    type TlsConnect = Self;
    type Error = io::Error;

    fn make_tls_connect(&mut self, _domain: &str) -> Result<Self, io::Error> {
        Ok(Self)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsConnect<S> for Plain {
    type Stream = PlainStream<S>;
    type Error = io::Error;
    type Future = Ready<io::Result<PlainStream<S>>>;

    fn connect(self, stream: S) -> Self::Future {
        ready(Ok(PlainStream(stream)))
    }
}

/// A stream that is what it was.
pub(super) struct PlainStream<S>(S);

/// A stream with a tap.
pub(super) struct TappedStream<S> {
    inner: S,
    tap: Option<Box<dyn Tap>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for PlainStream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: TlsStream + Unpin> TlsStream for TappedStream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.inner.channel_binding()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PlainStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PlainStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TappedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        if let Some(tap) = &mut self.tap {
            tap.received(&buf.filled()[before..]);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TappedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, buf))?;
        if let Some(tap) = &mut self.tap {
            tap.sent(&buf[..written]);
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

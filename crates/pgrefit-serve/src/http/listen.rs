//! Connections: at most so many, each for at most so long, and ended in order when the exporter stops.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use pgrefit_pg::Stop;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::Secrets;
use crate::board::Board;

/// How often the files of secrets are looked at.
const RENEW: Duration = Duration::from_secs(10);
/// Without a free file descriptor, accepting at once again would only burn the processor.
const AFTER_ERROR: Duration = Duration::from_millis(100);

/// What a connection may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// How many there are at once; what comes then is closed.
    pub(crate) connections: usize,
    /// How long TLS may take to begin, and a request's head to arrive.
    pub(crate) head: Duration,
    /// How long a connection lives, with all its requests.
    pub(crate) life: Duration,
    /// How long it may take to end when the exporter stops.
    pub(crate) drain: Duration,
    /// Bytes of a request's head.
    pub(crate) head_bytes: usize,
    /// Headers of a request.
    pub(crate) headers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 64,
            head: Duration::from_secs(10),
            life: Duration::from_mins(5),
            drain: Duration::from_secs(5),
            head_bytes: 16 << 10,
            headers: 64,
        }
    }
}

/// Answers until it is asked to stop, then ends what is open.
pub(crate) async fn listen(
    listener: TcpListener,
    routes: Router,
    secrets: Arc<Secrets>,
    board: Arc<Board>,
    limits: Limits,
    stop: Stop,
) {
    let room = Arc::new(Semaphore::new(limits.connections));
    let mut open = JoinSet::new();
    let mut renewal = tokio::time::interval(RENEW);
    loop {
        tokio::select! {
            () = stop.requested() => break,
            _ = renewal.tick() => secrets.renew(),
            Some(_) = open.join_next() => {}
            accepted = listener.accept() => match accepted {
                Err(error) => {
                    tracing::warn!(target: "pgrefit", "failed to accept a connection: {error}");
                    sleep(AFTER_ERROR).await;
                }
                Ok((stream, _)) => match Arc::clone(&room).try_acquire_owned() {
                    Err(_) => board.count_refused(),
                    Ok(permit) => {
                        let connection = Connection { routes: routes.clone(), limits, stop: stop.clone() };
                        open.spawn(connection.serve(stream, secrets.tls().map(Into::into), permit));
                    }
                },
            },
        }
    }
    drop(listener);
    let ended = timeout(limits.drain, async { while open.join_next().await.is_some() {} });
    if ended.await.is_err() {
        open.shutdown().await;
    }
}

struct Connection {
    routes: Router,
    limits: Limits,
    stop: Stop,
}

impl Connection {
    async fn serve(self, stream: TcpStream, tls: Option<TlsAcceptor>, _permit: OwnedSemaphorePermit) {
        let _ = stream.set_nodelay(true);
        match tls {
            None => self.answer(stream).await,
            Some(tls) => {
                // Whoever does not get that far has nothing to be told.
                if let Ok(Ok(stream)) = timeout(self.limits.head, tls.accept(stream)).await {
                    self.answer(stream).await;
                }
            }
        }
    }

    async fn answer(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let service = TowerToHyperService::new(self.routes);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head)
            .max_buf_size(self.limits.head_bytes)
            .max_headers(self.limits.headers)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            // An error is that of the client, which is told as far as it listens.
            _ = connection.as_mut() => return,
            () = self.stop.requested() => {}
            () = sleep(self.limits.life) => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = timeout(self.limits.drain, connection).await;
    }
}

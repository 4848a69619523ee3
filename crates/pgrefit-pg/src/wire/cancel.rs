//! Cancels what a session runs, while somebody else drives it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::time::timeout;
use tokio_postgres::CancelToken;

use super::shared::Shared;
use super::socket::Socket;
use super::tls::Handshake;
use crate::Error;
use crate::settings::{Host, Keepalive};

/// Cancels whatever a [`Wire`](super::Wire) runs at the moment, over a connection of its own. Needs tokio.
///
/// The server cancels the statement that it happens to run when the request arrives; that may be the next one.
#[derive(Clone)]
pub struct WireCancel(pub(super) Arc<Goal>);

/// Where to send the request, and how.
pub(super) struct Goal {
    pub(super) token: CancelToken,
    pub(super) host: Host,
    pub(super) address: Option<SocketAddr>,
    pub(super) keepalive: Keepalive,
    pub(super) config: Option<Arc<ClientConfig>>,
    pub(super) limit: Duration,
}

impl WireCancel {
    /// Asks the server to cancel the running statement, whose request then fails with SQLSTATE 57014.
    ///
    /// # Errors
    /// When the server cannot be reached within the limit for connecting.
    pub async fn cancel(&self) -> Result<(), Error> {
        let limit = self.0.limit;
        let sent = timeout(limit, self.send()).await;
        sent.unwrap_or_else(|_| Err(Error::Timeout { what: "send a cancel request".to_owned(), limit }))
    }

    async fn send(&self) -> Result<(), Error> {
        let Goal { token, host, address, keepalive, config, limit: _ } = &*self.0;
        let unreachable = |source| Error::Unreachable { host: host.to_string(), source };
        let socket = Socket::connect(host, *address, keepalive).await.map_err(unreachable)?;
        let handshake =
            Handshake { server_name: host.name.clone(), config: config.clone(), kept: Shared::empty() };
        token.cancel_query_raw(Shared::new(socket), handshake).await.map_err(Error::in_session)
    }
}

impl fmt::Debug for WireCancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireCancel").finish_non_exhaustive()
    }
}

//! Cancels what a session runs, from another task.

use std::time::Duration;

use tokio_postgres::{CancelToken, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;
use crate::connector::PlainWay;

/// Cancels whatever a session runs at the moment, from another task.
///
/// The server cancels the statement it happens to run when the request arrives; that may be the next one.
#[derive(Clone)]
pub struct CancelHandle {
    token: CancelToken,
    tls: Option<MakeRustlsConnect>,
    tapped: Option<PlainWay>,
    limit: Duration,
}

impl CancelHandle {
    pub(crate) fn new(
        token: CancelToken,
        tls: Option<MakeRustlsConnect>,
        tapped: Option<PlainWay>,
        limit: Duration,
    ) -> Self {
        Self { token, tls, tapped, limit }
    }

    /// Asks the server to cancel the running statement; it then fails with [`Error::Cancelled`].
    ///
    /// # Errors
    /// When the server cannot be reached within the limit for connecting.
    pub async fn cancel(&self) -> Result<(), Error> {
        match tokio::time::timeout(self.limit, self.send()).await {
            Ok(sent) => sent,
            Err(_) => Err(Error::Timeout { what: "send a cancel request".to_owned(), limit: self.limit }),
        }
    }

    async fn send(&self) -> Result<(), Error> {
        if let Some(way) = &self.tapped {
            return way.cancel(&self.token).await;
        }
        let sent = match &self.tls {
            Some(tls) => self.token.cancel_query(tls.clone()).await,
            None => self.token.cancel_query(NoTls).await,
        };
        sent.map_err(Error::in_session)
    }
}

impl std::fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CancelHandle").finish_non_exhaustive()
    }
}

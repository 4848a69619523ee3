//! One exchange with the server: bounded on this side too, and cancelled when somebody asks to stop.

use std::pin::pin;
use std::time::Duration;

use pgrefit_pg::{Error, ReadOnly, Stop};
use tokio::time::timeout;

/// How long the server may take beyond its own limit before it counts as gone: cancelling and rolling back take a moment.
const GRACE: Duration = Duration::from_secs(5);

pub(crate) struct Guard<'a> {
    pub(crate) session: &'a ReadOnly,
    pub(crate) stop: &'a Stop,
    /// `statement_timeout`.
    pub(crate) limit: Duration,
}

impl Guard<'_> {
    /// The outcome of `work`. After [`Error::Timeout`] the session is of no more use.
    pub(crate) async fn run<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let mut work = pin!(work);
        let bounded = async {
            tokio::select! {
                answer = &mut work => return answer,
                () = self.stop.requested() => {}
            }
            if let Err(error) = self.session.cancel_handle().cancel().await {
                tracing::debug!("the server was not told to cancel: {error}");
            }
            work.await
        };
        let limit = self.limit.saturating_add(GRACE);
        let late = || Error::Timeout { what: "hear from the server again".to_owned(), limit };
        timeout(limit, bounded).await.unwrap_or_else(|_| Err(late()))
    }
}

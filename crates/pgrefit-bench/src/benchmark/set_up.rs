//! SQL that makes a side what it is, run before each of its rounds.

use std::pin::pin;
use std::time::Duration;

use pgrefit_pg::{Error as PgError, Limits, Stop};
use tokio::time::{sleep, timeout};

use super::Side;
use crate::Error;

/// For a set-up, such as an index that is built.
const LIMIT: Duration = Duration::from_mins(10);
/// For one that was cancelled, to roll back.
const CANCEL_LIMIT: Duration = Duration::from_secs(30);

/// Runs the set-up of a side, if it has one, within ten minutes, or `limit_min` if that is more. When it takes too long or `stop` is
/// requested it is cancelled, and its end is waited for: what was let go would go on on the server, and could come after the
/// set-up of A that is the last.
///
/// # Errors
/// [`Error::Setup`]; [`Error::Stopped`].
pub(super) async fn set_up(side: &Side, limit_min: Duration, stop: &Stop) -> Result<(), Error> {
    let Some(sql) = &side.setup else { return Ok(()) };
    if stop.is_requested() {
        return Err(Error::Stopped);
    }
    let failed = |source| Error::Setup { side: side.name.clone(), source };
    let limit = limit_min.max(LIMIT);
    // Should the request to cancel not arrive, each statement has the server's own limit.
    let limits = Limits { statement: limit, ..side.connector.limits() };
    let mut session = side.connector.clone().with_limits(limits).migrator().await.map_err(failed)?;
    let cancel = session.cancel_handle();
    let mut work = pin!(session.batch(sql));
    let ended = tokio::select! {
        done = &mut work => return done.map_err(failed),
        () = sleep(limit) => failed(PgError::Timeout { what: "set a side up".to_owned(), limit }),
        () = stop.requested() => Error::Stopped,
    };
    let _ = cancel.cancel().await;
    let _ = timeout(CANCEL_LIMIT, work).await;
    Err(ended)
}

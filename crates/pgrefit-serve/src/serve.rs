//! The exporter as a whole: listens, watches, and ends in order.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pgrefit_pg::Stop;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::board::Board;
use crate::http::{Limits, Secrets, Site, TlsFiles, listen, routes};
use crate::shelves::Shelves;
use crate::watch::{self, Pace, Watch};
use crate::{Error, Target};

/// A round that takes longer than the time to the next one is broken off; but it has at least, and at most, this long.
const ROUND_LIMITS: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(10)];
/// How long a task that broke is left alone.
const AFTER_BUG: Duration = Duration::from_secs(10);
/// An audit that takes longer is broken off.
const AUDIT_LIMIT: Duration = Duration::from_mins(2);

/// How the exporter serves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens. Port 0 is any free one.
    pub listen: SocketAddr,
    /// The file with the token that is asked for.
    pub token_file: Option<PathBuf>,
    /// Certificate and key.
    pub tls: Option<TlsFiles>,
    /// Whether others than this machine may ask without a token.
    pub is_open: bool,
    /// How long from one round over a database to the next.
    pub round_every: Duration,
    /// How long from one audit of a database to the next.
    pub audit_every: Duration,
    /// Version of pgrefit.
    pub version: &'static str,
    /// Ends it.
    pub stop: Stop,
}

/// What the exporter did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// Requests that it answered.
    pub requests: u64,
}

/// Watches the databases and answers, until it is asked to stop; then it ends within some 5 seconds. `on_listen` is told where.
///
/// On every server: reads catalogs, statistics, the tables that record migrations and, of partition sets by numbers, the highest key;
/// at most two sessions, which cannot write; no lock that anybody waits for.
///
/// # Errors
/// What is wrong with the address, the token, the certificate or the list. Databases that are down are no error.
pub async fn serve(
    options: Options,
    targets: Vec<Target>,
    on_listen: impl FnOnce(SocketAddr),
) -> Result<Served, Error> {
    let Options { listen: address, token_file, tls, is_open, stop, .. } = options.clone();
    let is_local = address.ip().is_loopback();
    let has_token = token_file.is_some();
    if !is_local && !has_token && !is_open {
        return Err(Error::Exposed { address });
    }
    let round_s = u32::try_from(options.round_every.as_secs()).unwrap_or(u32::MAX);
    let board = Arc::new(Board::new(targets, options.version, round_s)?);
    let secrets = Arc::new(Secrets::read(token_file, tls)?);
    let failed = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    on_listen(listener.local_addr().map_err(failed)?);
    let is_local = is_local && !has_token && !is_open;
    let site = Site { board: Arc::clone(&board), secrets: Arc::clone(&secrets), is_local };
    let mut watches = start(&board, &options);
    listen(listener, routes(Arc::new(site)), secrets, Arc::clone(&board), Limits::default(), stop).await;
    // They have been asked to stop as well, and only have their sessions to close.
    watches.shutdown().await;
    Ok(Served { requests: board.requests().map(|(_, _, count)| count).sum() })
}

/// Starts the tasks of every database.
fn start(board: &Arc<Board>, options: &Options) -> JoinSet<()> {
    let pace = Pace {
        round_every: options.round_every,
        round_limit: options.round_every.clamp(ROUND_LIMITS[0], ROUND_LIMITS[1]),
        audit_every: options.audit_every,
        audit_limit: AUDIT_LIMIT,
    };
    // One audit at a time in the whole process: each reads thousands of rows, and judging them takes every processor.
    let turns = Arc::new(Semaphore::new(1));
    let shelves = Arc::new(Shelves::default());
    let mut tasks = JoinSet::new();
    for at in 0..board.seats.len() {
        let watch = Watch {
            board: Arc::clone(board),
            at,
            turns: Arc::clone(&turns),
            shelves: Arc::clone(&shelves),
            pace,
            stop: options.stop.clone(),
        };
        let audits = watch.clone();
        tasks.spawn(kept_up(AFTER_BUG, options.stop.clone(), move || watch::rounds(watch.clone())));
        tasks.spawn(kept_up(AFTER_BUG, options.stop.clone(), move || watch::audits(audits.clone())));
    }
    tasks
}

/// Begins a task again that broke by a bug: one database must not be forgotten while the process lives.
async fn kept_up<F>(pause: Duration, stop: Stop, task: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    while !stop.is_requested() {
        // A set, so that the task ends with whoever waits for it.
        let mut one = JoinSet::new();
        one.spawn(task());
        if let Some(Ok(())) = one.join_next().await {
            return;
        }
        tracing::error!(target: "pgrefit", "a task of the exporter broke: this is a bug; it begins again");
        tokio::select! {
            () = stop.requested() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_task_that_breaks_begins_again_and_one_that_ends_does_not() {
        let count = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&count);
        kept_up(Duration::ZERO, Stop::default(), move || {
            let count = Arc::clone(&counted);
            async move { assert!(count.fetch_add(1, Ordering::Relaxed) >= 2, "broken twice") }
        })
        .await;
        assert_eq!(count.load(Ordering::Relaxed), 3);
    }
}

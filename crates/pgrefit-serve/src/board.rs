//! What is known of every database, from the last round over it: what requests are answered from.

mod seat;
mod seen;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use pgrefit_metrics::exporter::{CLASSES, PATHS};

pub(crate) use seat::{Lease, Seat};
pub(crate) use seen::{AuditPoint, Dated, Outcome, Part, Seen};

use crate::{Error, Target};

/// Everything that is known.
pub(crate) struct Board {
    /// One seat a database, in the order of the list.
    pub(crate) seats: Vec<Seat>,
    /// When the exporter started, in seconds since 1970.
    pub(crate) started_at: i64,
    /// The version of pgrefit.
    pub(crate) version: &'static str,
    /// Every how many seconds the databases are read.
    pub(crate) round_s: u32,
    requests: [[AtomicU64; CLASSES.len()]; PATHS.len()],
    refused: AtomicU64,
}

impl Board {
    pub(crate) fn new(targets: Vec<Target>, version: &'static str, round_s: u32) -> Result<Self, Error> {
        let max = crate::DATABASES_MAX;
        if targets.len() > max {
            return Err(Error::TooManyTargets { count: targets.len(), max });
        }
        if targets.is_empty() {
            return Err(Error::NoTargets);
        }
        let mut names = std::collections::BTreeSet::new();
        if let Some(twice) = targets.iter().find(|target| !names.insert(&target.name)) {
            return Err(Error::NameTaken { name: twice.name.clone() });
        }
        Ok(Self {
            seats: targets.into_iter().map(Seat::new).collect(),
            started_at: now(),
            version,
            round_s,
            requests: Default::default(),
            refused: AtomicU64::new(0),
        })
    }

    /// Whether the first round over every database has ended, however it did.
    pub(crate) fn is_ready(&self) -> bool {
        self.seats.iter().all(|seat| seat.read(|seen| seen.rounds.iter().sum::<u64>() > 0))
    }

    /// The seat of this name.
    pub(crate) fn seat(&self, name: &str) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.target.name == name)
    }

    /// Counts a request: its path, and the hundreds of its answer.
    pub(crate) fn count_request(&self, path: &str, code: u16) {
        let path = PATHS.iter().position(|known| *known == path).unwrap_or(PATHS.len() - 1);
        let class = usize::from(code / 100).clamp(2, 5) - 2;
        self.requests[path][class].fetch_add(1, Ordering::Relaxed);
    }

    /// Requests by path and class that there were.
    pub(crate) fn requests(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> + '_ {
        PATHS.iter().zip(&self.requests).flat_map(|(path, counts)| {
            CLASSES.iter().zip(counts).map(|(class, count)| (*path, *class, count.load(Ordering::Relaxed)))
        })
    }

    /// Counts a connection that was turned away.
    pub(crate) fn count_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// How many were.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

/// The time as seconds since 1970.
pub(crate) fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

/// Seconds since then.
pub(crate) fn age(at: Instant) -> f64 {
    at.elapsed().as_secs_f64()
}

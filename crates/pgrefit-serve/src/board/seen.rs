//! What is known of one database.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pgrefit_metrics::exporter::{OUTCOMES, PARTS};
use pgrefit_report::Failure;

use super::{age, now};
use crate::audit::Audited;
use crate::records::Records;
use crate::ring::Ring;
use crate::round::{Migrations, Partition, Server, Sessions};

/// Samples of sessions that are kept: an hour, at four a minute.
const SAMPLES_MAX: usize = 240;
/// Audits whose counts are kept: half a day, at four an hour.
const AUDITS_MAX: usize = 48;

/// How an attempt to read ended, in the order of the metrics' words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    Unreachable,
    Denied,
    TimedOut,
    Failed,
}

/// What is read, each with an age of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Sessions,
    Migrations,
    Partitions,
    Records,
    Audit,
}

impl Part {
    /// As the label has it.
    pub(crate) fn word(self) -> &'static str {
        PARTS[self as usize]
    }
}

/// A value with the moment at which it was read. Clones share it.
#[derive(Debug)]
pub(crate) struct Dated<T> {
    pub(crate) value: Arc<T>,
    /// In seconds since 1970.
    pub(crate) at: i64,
    since: Instant,
}

impl<T> Clone for Dated<T> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), at: self.at, since: self.since }
    }
}

impl<T> Dated<T> {
    pub(crate) fn now(value: T) -> Self {
        Self { value: Arc::new(value), at: now(), since: Instant::now() }
    }

    /// Its age in seconds.
    pub(crate) fn age(&self) -> f64 {
        age(self.since)
    }
}

/// Sessions at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) since: Instant,
    pub(crate) sessions: Sessions,
}

/// What one audit found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct AuditPoint {
    /// In seconds since 1970.
    pub(crate) at: i64,
    pub(crate) took: Duration,
    pub(crate) infos: usize,
    pub(crate) warns: usize,
    pub(crate) fails: usize,
    pub(crate) blind_checks: usize,
}

/// What is known of one database.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Whether the last round reached it.
    pub(crate) is_up: bool,
    /// How long the last round took.
    pub(crate) took: Duration,
    /// When a round was last complete, in seconds since 1970.
    pub(crate) complete_at: Option<i64>,
    /// Why the last round did not reach it.
    pub(crate) failure: Option<Failure>,
    /// Why parts could not be read in the last round.
    pub(crate) problems: BTreeMap<Part, Failure>,
    /// Rounds, by how they ended.
    pub(crate) rounds: [u64; OUTCOMES.len()],
    /// Audits, by how they ended.
    pub(crate) audits: [u64; OUTCOMES.len()],
    pub(crate) server: Option<Arc<Server>>,
    pub(crate) sessions: Option<Dated<Sessions>>,
    pub(crate) migrations: Option<Dated<Migrations>>,
    pub(crate) partitions: Option<Dated<Vec<Partition>>>,
    pub(crate) records: Option<Dated<Records>>,
    pub(crate) audit: Option<Dated<Audited>>,
    pub(crate) samples: Ring<Sample>,
    pub(crate) audit_history: Ring<AuditPoint>,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self {
            is_up: false,
            took: Duration::ZERO,
            complete_at: None,
            failure: None,
            problems: BTreeMap::new(),
            rounds: [0; OUTCOMES.len()],
            audits: [0; OUTCOMES.len()],
            server: None,
            sessions: None,
            migrations: None,
            partitions: None,
            records: None,
            audit: None,
            samples: Ring::new(SAMPLES_MAX),
            audit_history: Ring::new(AUDITS_MAX),
        }
    }

    /// Keeps what was read of sessions.
    pub(crate) fn saw_sessions(&mut self, sessions: Sessions) {
        self.samples.push(Sample { since: Instant::now(), sessions });
        self.sessions = Some(Dated::now(sessions));
    }

    /// Keeps what an audit found.
    pub(crate) fn saw_audit(&mut self, audited: Audited) {
        self.audits[Outcome::Done as usize] += 1;
        self.problems.remove(&Part::Audit);
        self.audit_history.push(audited.point());
        self.audit = Some(Dated::now(audited));
    }

    /// The age of each part that was ever read, in seconds.
    pub(crate) fn ages(&self) -> Vec<(Part, f64)> {
        let ages = [
            (Part::Sessions, self.sessions.as_ref().map(Dated::age)),
            (Part::Migrations, self.migrations.as_ref().map(Dated::age)),
            (Part::Partitions, self.partitions.as_ref().map(Dated::age)),
            (Part::Records, self.records.as_ref().map(Dated::age)),
            (Part::Audit, self.audit.as_ref().map(Dated::age)),
        ];
        ages.into_iter().filter_map(|(part, age)| Some((part, age?))).collect()
    }
}

//! The metrics of one pool.

use crate::catalogue as names;
use crate::error::Error;
use crate::handle::{Counter, Histogram};
use crate::levels::LevelGauges;
use crate::registry::Tables;

/// Declares an enumeration that is also the values of a label.
macro_rules! words {
    ($(#[$of_type:meta])* $name:ident, $list:ident { $($(#[$of_word:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$of_type])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$of_word])* $variant),+ }

        /// The words of the label.
        pub(crate) const $list: &[&str] = &[$($word),+];

        impl $name {
            /// All of them, in the order of the label's words.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word of the label.
            #[must_use]
            pub const fn word(self) -> &'static str { $list[self as usize] }
        }
    };
}

words! {
    /// What a request for a connection was doing when its time ran out.
    Phase, PHASES {
        /// All connections were in use.
        Wait = "wait",
        /// A new connection was being opened.
        Create = "create",
        /// An idle connection was being checked, or a used one was being made clean.
        Recycle = "recycle",
    }
}

words! {
    /// Why a connection was closed.
    CloseReason, CLOSE_REASONS {
        /// It came back inside of a transaction.
        DirtyTransaction = "dirty_tx",
        /// It came back while a statement still ran.
        DirtyBusy = "dirty_busy",
        /// The server or the network had ended it.
        Broken = "broken",
        /// It was as old as a connection may get.
        Lifetime = "lifetime",
        /// Nobody had used it for long.
        Idle = "idle",
        /// The pool was made smaller.
        Resize = "resize",
        /// Checking it or making it clean did not succeed.
        RecycleFailed = "recycle_failed",
        /// The pool was closed, or the connection was taken out of it.
        Shutdown = "shutdown",
    }
}

words! {
    /// How something went.
    Outcome, OUTCOMES {
        /// Well.
        Done = "done",
        /// Not.
        Failed = "failed",
    }
}

words! {
    /// What became of a failure that may pass by itself.
    RetryOutcome, RETRY_OUTCOMES {
        /// The work was done again.
        Retried = "retried",
        /// The attempts or the time were used up.
        GaveUp = "gave_up",
        /// Too much had been done again lately already.
        OverBudget = "over_budget",
    }
}

/// The metrics of one pool. Clones write the same series.
#[derive(Debug, Clone)]
pub struct PoolMetrics {
    /// The pool's name.
    pub name: String,
    /// From asking for a connection to having it.
    pub wait: Histogram,
    /// The part of it spent waiting for others; observed only by those who had to.
    pub queue: Histogram,
    /// The part of it spent checking an idle connection; also making a used one clean, for which nobody waits. Observed only when
    /// that took a round trip.
    pub recycle: Histogram,
    /// Opening a connection; observed only when it succeeded.
    pub create: Histogram,
    /// From having a connection to giving it back.
    pub hold: Histogram,
    /// The age of connections when they were closed.
    pub age: Histogram,
    /// Cancel requests that were sent for statements that still ran when their connection came back.
    pub cancels: [Counter; OUTCOMES.len()],
    /// Session state that was reset before somebody else got the connection.
    pub resets: [Counter; OUTCOMES.len()],
    /// Connections that came back unfinished and were clean in time.
    pub settled: Counter,
    /// Statements prepared.
    pub prepared: Counter,
    /// Statements closed because the cache was full.
    pub evicted: Counter,
    /// Statements prepared again because a change of the schema had made the cached one useless.
    pub replanned: Counter,
    timeouts: [Counter; PHASES.len()],
    closed: [Counter; CLOSE_REASONS.len()],
    connect_errors: [Counter; names::SQLSTATE_CLASSES.len()],
    retries: [Counter; RETRY_OUTCOMES.len()],
    pub(crate) gauges: LevelGauges,
}

impl PoolMetrics {
    pub(crate) fn new(tables: &Tables, name: &str) -> Result<Self, Error> {
        let histogram = |family| tables.histogram(family, &[name]);
        let counter = |family| tables.counter(family, &[name]);
        Ok(Self {
            name: name.to_owned(),
            wait: histogram(&names::WAIT_TIME)?,
            queue: histogram(&names::QUEUE_TIME)?,
            recycle: histogram(&names::RECYCLE_TIME)?,
            create: histogram(&names::CREATE_TIME)?,
            hold: histogram(&names::USE_TIME)?,
            age: histogram(&names::AGE)?,
            cancels: tables.counters(&names::CANCELS, name, OUTCOMES)?,
            resets: tables.counters(&names::RESETS, name, OUTCOMES)?,
            settled: counter(&names::SETTLED)?,
            prepared: counter(&names::PREPARED)?,
            evicted: counter(&names::EVICTED)?,
            replanned: counter(&names::REPLANNED)?,
            timeouts: tables.counters(&names::TIMEOUTS, name, PHASES)?,
            closed: tables.counters(&names::CLOSED, name, CLOSE_REASONS)?,
            connect_errors: tables.counters(&names::CONNECT_ERRORS, name, names::SQLSTATE_CLASSES)?,
            retries: tables.counters(&names::RETRIES, name, RETRY_OUTCOMES)?,
            gauges: LevelGauges {
                idle: tables.gauge(&names::CONNECTIONS, &[name, "idle"])?,
                used: tables.gauge(&names::CONNECTIONS, &[name, "used"])?,
                max: tables.gauge(&names::MAX, &[name])?,
                idle_min: tables.gauge(&names::IDLE_MIN, &[name])?,
                pending: tables.gauge(&names::PENDING, &[name])?,
            },
        })
    }

    /// Requests whose time ran out in this phase.
    #[must_use]
    pub fn timeouts(&self, phase: Phase) -> &Counter {
        &self.timeouts[phase as usize]
    }

    /// Connections closed for this reason.
    #[must_use]
    pub fn closed(&self, reason: CloseReason) -> &Counter {
        &self.closed[reason as usize]
    }

    /// Connections closed for whatever reason.
    #[must_use]
    pub fn closed_in_all(&self) -> u64 {
        self.closed.iter().map(Counter::count).sum()
    }

    /// What became of failures that may pass by themselves.
    #[must_use]
    pub fn retries(&self, outcome: RetryOutcome) -> &Counter {
        &self.retries[outcome as usize]
    }

    /// Connections that could not be opened, by the first two characters of the SQLSTATE; `""` when the server said none, which
    /// is also for what the server said but the catalogue does not list.
    #[must_use]
    pub fn connect_errors(&self, sqlstate: Option<&str>) -> &Counter {
        let class = match sqlstate {
            None => names::NO_ANSWER,
            Some(sqlstate) => sqlstate.get(..2).unwrap_or(names::OTHER_CLASS),
        };
        let found = names::SQLSTATE_CLASSES.iter().position(|known| *known == class);
        &self.connect_errors[found.unwrap_or(names::SQLSTATE_CLASSES.len() - 1)]
    }

    /// Connections that could not be opened, of whatever class.
    #[must_use]
    pub fn connect_errors_in_all(&self) -> u64 {
        self.connect_errors.iter().map(Counter::count).sum()
    }
}

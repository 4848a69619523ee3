//! The families, as data.

use crate::exporter;
use crate::family::{Family, Kind, Label, Unit, Values};
use crate::operation::QUERIES_MAX;
use crate::pool::{CLOSE_REASONS, OUTCOMES, PHASES, RETRY_OUTCOMES};
use crate::registry::POOLS_MAX;
use crate::run;

/// Every family there is, in the order of the reference: those of an application's pools, then those of `pgrefit serve`,
/// then those of single runs.
pub fn catalogue() -> impl Iterator<Item = &'static Family> {
    pools().iter().chain(exporter::FAMILIES).chain(run::FAMILIES)
}

/// The families of pools, which a registry has.
pub(crate) fn pools() -> &'static [Family] {
    POOLS
}

/// Edges for waiting, which is nothing when all is well and must be seen from microseconds to half a minute; with one at 2 s,
/// the usual budget of a query, which neither OpenTelemetry's nor Prometheus' default edges have.
const WAITING: &[f64] =
    &[0.000_01, 0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];

/// Edges for work on the server, with one at 2 s.
const WORKING: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0];

/// Edges for the age of a connection: a second to a day.
const AGES: &[f64] = &[1.0, 10.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 14_400.0, 86_400.0];

/// The classes of SQLSTATE that can end an attempt to connect, then what has no class.
pub(crate) const SQLSTATE_CLASSES: &[&str] =
    &["08", "0A", "22", "28", "3D", "42", "53", "55", "57", "58", "XX", NO_ANSWER, OTHER_CLASS];

/// The server did not answer, or not with an error: network, DNS, TLS, time.
pub(crate) const NO_ANSWER: &str = "none";

/// A class that is not listed. The last one.
pub(crate) const OTHER_CLASS: &str = "other";

const POOL: Label =
    Label { name: "db_client_connection_pool_name", values: Values::Names { of: "pools", max: POOLS_MAX } };

pub(crate) const fn word(name: &'static str, words: &'static [&'static str]) -> Label {
    Label { name, values: Values::OneOf(words) }
}

const fn histogram(name: &'static str, buckets: &'static [f64], help: &'static str) -> Family {
    Family {
        name,
        help,
        kind: Kind::Histogram,
        unit: Unit::Seconds,
        labels: &[POOL],
        buckets,
        since: "0.1.0",
    }
}

pub(crate) const fn gauge(
    name: &'static str,
    unit: Unit,
    labels: &'static [Label],
    help: &'static str,
) -> Family {
    Family { name, help, kind: Kind::Gauge, unit, labels, buckets: &[], since: "0.1.0" }
}

pub(crate) const fn counter(
    name: &'static str,
    unit: Unit,
    labels: &'static [Label],
    help: &'static str,
) -> Family {
    Family { name, help, kind: Kind::Counter, unit, labels, buckets: &[], since: "0.1.0" }
}

// OpenTelemetry calls this one db.client.connection.count; Prometheus keeps the ending `_count` for histograms.
pub(crate) const CONNECTIONS: Family = gauge(
    "db_client_connections",
    Unit::Connections,
    &[POOL, word("db_client_connection_state", &["idle", "used"])],
    "Open connections by state.",
);

pub(crate) const MAX: Family = gauge(
    "db_client_connection_max",
    Unit::Connections,
    &[POOL],
    "How many connections the pool may have open.",
);

pub(crate) const IDLE_MIN: Family = gauge(
    "db_client_connection_idle_min",
    Unit::Connections,
    &[POOL],
    "How many connections the pool keeps open.",
);

pub(crate) const PENDING: Family = gauge(
    "db_client_connection_pending_requests",
    Unit::Requests,
    &[POOL],
    "Requests that wait because all connections are used; one that waits for its own new connection does not count.",
);

pub(crate) const WAIT_TIME: Family = histogram(
    "db_client_connection_wait_time_seconds",
    WAITING,
    "Time from asking for a connection to having it: queue, check and opening together.",
);

pub(crate) const USE_TIME: Family = histogram(
    "db_client_connection_use_time_seconds",
    WORKING,
    "Time from having a connection to giving it back. The rate of its sum over the maximum of connections is the utilization.",
);

pub(crate) const CREATE_TIME: Family = histogram(
    "db_client_connection_create_time_seconds",
    WAITING,
    "Time to open a connection, of those that were opened.",
);

pub(crate) const TIMEOUTS: Family = counter(
    "db_client_connection_timeouts_total",
    Unit::Events,
    &[POOL, word("phase", PHASES)],
    "Limits that ran out, by what was being done: waiting for a connection, opening one, checking or resetting one.",
);

pub(crate) const QUEUE_TIME: Family = histogram(
    "pgrefit_pool_queue_time_seconds",
    WAITING,
    "Time spent waiting for others to give a connection back, of the requests that had to.",
);

pub(crate) const RECYCLE_TIME: Family = histogram(
    "pgrefit_pool_recycle_time_seconds",
    WAITING,
    "Time to check an idle connection or to make a used one clean, when that took a round trip.",
);

pub(crate) const AGE: Family =
    histogram("pgrefit_pool_connection_age_seconds", AGES, "Age of connections when they were closed.");

pub(crate) const CLOSED: Family = counter(
    "pgrefit_pool_closed_total",
    Unit::Connections,
    &[POOL, word("reason", CLOSE_REASONS)],
    "Connections closed, by reason. Together with the open ones they are as many as were opened.",
);

pub(crate) const CONNECT_ERRORS: Family = counter(
    "pgrefit_pool_connect_errors_total",
    Unit::Events,
    &[POOL, word("sqlstate_class", SQLSTATE_CLASSES)],
    "Connections that could not be opened, by class of the SQLSTATE.",
);

pub(crate) const CANCELS: Family = counter(
    "pgrefit_pool_cancels_total",
    Unit::Events,
    &[POOL, word("outcome", OUTCOMES)],
    "Cancel requests for statements that still ran when their connection came back.",
);

pub(crate) const RESETS: Family = counter(
    "pgrefit_pool_resets_total",
    Unit::Events,
    &[POOL, word("outcome", OUTCOMES)],
    "Session state (settings, cursors, channels) reset before somebody else got the connection.",
);

pub(crate) const SETTLED: Family = counter(
    "pgrefit_pool_settled_total",
    Unit::Events,
    &[POOL],
    "Connections that came back with something unfinished, such as a rollback on its way, and were clean in time.",
);

pub(crate) const PREPARED: Family = counter(
    "pgrefit_pool_statements_prepared_total",
    Unit::Statements,
    &[POOL],
    "Statements prepared for the caches of the pool's connections.",
);

pub(crate) const EVICTED: Family = counter(
    "pgrefit_pool_statements_evicted_total",
    Unit::Statements,
    &[POOL],
    "Statements closed because a connection's cache was full.",
);

pub(crate) const REPLANNED: Family = counter(
    "pgrefit_pool_statements_replanned_total",
    Unit::Statements,
    &[POOL],
    "Statements prepared again because a change of the schema had made the cached plan useless.",
);

pub(crate) const RETRIES: Family = counter(
    "pgrefit_pool_retries_total",
    Unit::Events,
    &[POOL, word("outcome", RETRY_OUTCOMES)],
    "Failures that may pass by themselves, by what became of them.",
);

pub(crate) const OPERATION: Family = Family {
    name: "db_client_operation_duration_seconds",
    help: "Time of database operations as the application sees it, by query and outcome.",
    kind: Kind::Histogram,
    unit: Unit::Seconds,
    labels: &[
        word("db_system_name", &["postgresql"]),
        Label { name: "db_query_summary", values: Values::Names { of: "queries", max: QUERIES_MAX + 1 } },
        word("outcome", OUTCOMES),
    ],
    buckets: WORKING,
    since: "0.1.0",
};

const POOLS: &[Family] = &[
    CONNECTIONS,
    MAX,
    IDLE_MIN,
    PENDING,
    WAIT_TIME,
    USE_TIME,
    CREATE_TIME,
    TIMEOUTS,
    QUEUE_TIME,
    RECYCLE_TIME,
    AGE,
    CLOSED,
    CONNECT_ERRORS,
    CANCELS,
    RESETS,
    SETTLED,
    PREPARED,
    EVICTED,
    REPLANNED,
    RETRIES,
    OPERATION,
];

//! The families of `pgrefit serve`: what is known of databases from the last round over them. A scrape asks no database anything,
//! so that every value has an age, which is a series too.
//!
//! The label `database` is the name in the list of databases, or the database's own name. There is one series a database and word,
//! never one for a table, a query or a finding.

use crate::catalogue::{counter, gauge, word};
use crate::family::{Family, Label, Unit, Values};

/// How many databases one exporter takes.
pub const DATABASES_MAX: usize = 500;

/// How an attempt to read a database ended.
pub const OUTCOMES: &[&str] = &["done", "unreachable", "denied", "timed_out", "failed"];

/// The levels of findings.
pub const SEVERITIES: &[&str] = &["info", "warn", "fail"];

/// What sessions of a database do, as its server says.
pub const SESSION_STATES: &[&str] = &["active", "idle", "idle_in_transaction", "other"];

/// What is read of a database, each with an age of its own.
pub const PARTS: &[&str] = &["sessions", "migrations", "partitions", "records", "audit"];

/// The paths that are answered, and the word for all others.
pub const PATHS: &[&str] = &["/", "/metrics", "/status", "/healthz", "/readyz", "other"];

/// Classes of answers.
pub const CLASSES: &[&str] = &["2xx", "3xx", "4xx", "5xx"];

const DATABASE: Label =
    Label { name: "database", values: Values::Names { of: "databases", max: DATABASES_MAX } };

const ENVIRONMENTS: &[&str] = &["production", "staging", "disposable"];

const fn level(name: &'static str, unit: Unit, help: &'static str) -> Family {
    gauge(name, unit, &[DATABASE], help)
}

const fn seconds(name: &'static str, help: &'static str) -> Family {
    gauge(name, Unit::Seconds, &[DATABASE], help)
}

/// Whether the last round reached the database.
pub const DATABASE_UP: Family =
    level("pgrefit_database_up", Unit::Flag, "Whether the last round reached the database: 1 or 0.");

/// What the list says of a database.
pub const DATABASE_INFO: Family = gauge(
    "pgrefit_database_info",
    Unit::Flag,
    &[DATABASE, word("environment", ENVIRONMENTS), word("canary", &["true", "false"])],
    "What the list of databases says of it; always 1.",
);

/// How old the values are.
pub const SCRAPE_AGE: Family = gauge(
    "pgrefit_target_scrape_age_seconds",
    Unit::Seconds,
    &[DATABASE, word("part", PARTS)],
    "How long ago the values of a part were read, at the time of the scrape. While a database is down they stay, and this grows.",
);

/// How long a round took.
pub const SCRAPE_DURATION: Family =
    seconds("pgrefit_target_scrape_duration_seconds", "How long the last round over the database took.");

/// When a round was last complete.
pub const SCRAPE_LAST_SUCCESS: Family = seconds(
    "pgrefit_target_scrape_last_success_timestamp_seconds",
    "When a round over the database was last complete, as seconds since 1970.",
);

/// Rounds, by how they ended.
pub const SCRAPES: Family = counter(
    "pgrefit_target_scrapes_total",
    Unit::Events,
    &[DATABASE, word("outcome", OUTCOMES)],
    "Rounds over the database, by how they ended.",
);

/// Sessions that the exporter has open.
pub const SCRAPE_CONNECTIONS: Family = level(
    "pgrefit_target_scrape_connections",
    Unit::Connections,
    "Sessions that the exporter has open to the database: at most 2.",
);

/// Sessions of the database.
pub const SERVER_CONNECTIONS: Family = gauge(
    "pgrefit_server_connections",
    Unit::Connections,
    &[DATABASE, word("state", SESSION_STATES)],
    "Sessions of clients in the database, by what they do.",
);

/// How many sessions there may be.
pub const SERVER_CONNECTIONS_MAX: Family = level(
    "pgrefit_server_connections_max",
    Unit::Connections,
    "Sessions that the server lets in, of all databases together, without those reserved for superusers.",
);

/// Sessions of all databases.
pub const SERVER_CONNECTIONS_USED: Family = level(
    "pgrefit_server_connections_used",
    Unit::Connections,
    "Sessions of clients at the server, of all databases together.",
);

/// Sessions that wait for a lock.
pub const SERVER_LOCK_WAITERS: Family = level(
    "pgrefit_server_lock_waiters",
    Unit::Connections,
    "Sessions of the database that wait for a lock of another session.",
);

/// The oldest transaction.
pub const SERVER_OLDEST_TRANSACTION: Family = seconds(
    "pgrefit_server_oldest_transaction_seconds",
    "How long the oldest open transaction of the database is open; 0 if none is.",
);

/// Findings that count.
pub const AUDIT_FINDINGS: Family = gauge(
    "pgrefit_audit_findings",
    Unit::Of("findings"),
    &[DATABASE, word("severity", SEVERITIES)],
    "Findings of the last audit that are not ignored, by level.",
);

/// Objects that could not be seen.
pub const AUDIT_BLIND_OBJECTS: Family = level(
    "pgrefit_audit_blind_objects",
    Unit::Of("objects"),
    "Objects that the checks of the last audit could not see, added up over the checks.",
);

/// Checks that could not look.
pub const AUDIT_BLIND_CHECKS: Family = level(
    "pgrefit_audit_blind_checks",
    Unit::Of("checks"),
    "Checks of the last audit that could not look at all, or broke.",
);

/// When an audit was last complete.
pub const AUDIT_LAST_SUCCESS: Family = seconds(
    "pgrefit_audit_last_success_timestamp_seconds",
    "When an audit last came to its end, whatever it found, as seconds since 1970.",
);

/// How long an audit took.
pub const AUDIT_DURATION: Family = seconds(
    "pgrefit_audit_duration_seconds",
    "How long the last audit took, from its connection to its verdict.",
);

/// Audits, by how they ended.
pub const AUDITS: Family = counter(
    "pgrefit_audits_total",
    Unit::Events,
    &[DATABASE, word("outcome", OUTCOMES)],
    "Audits of the database by the exporter, by how they ended.",
);

/// Which version the schema has.
pub const MIGRATION_VERSION: Family = level(
    "pgrefit_migration_version",
    Unit::Of("version"),
    "The highest version in the history of migrations; 0 if there is none. Versions made of a date are exact up to 2^53.",
);

/// How many are applied.
pub const MIGRATIONS_APPLIED: Family =
    level("pgrefit_migrations_applied", Unit::Of("migrations"), "Migrations in the history.");

/// How many are to be applied.
pub const MIGRATIONS_PENDING: Family = level(
    "pgrefit_migrations_pending",
    Unit::Of("migrations"),
    "Migrations that the exporter has a file of, and that are not applied.",
);

/// How many do not fit.
pub const MIGRATIONS_DIVERGED: Family = level(
    "pgrefit_migrations_diverged",
    Unit::Of("migrations"),
    "Migrations whose file and history do not fit: each stops every run until a person has looked.",
);

/// How the last run ended.
pub const MIGRATION_LAST_RUN_EXIT_CODE: Family = level(
    "pgrefit_migration_last_run_exit_code",
    Unit::Of("code"),
    "The exit code of the last run of `pgrefit migrate` that ended, as its record in the database says.",
);

/// When the last run ended.
pub const MIGRATION_LAST_RUN: Family = seconds(
    "pgrefit_migration_last_run_timestamp_seconds",
    "When the last run of `pgrefit migrate` ended, as seconds since 1970.",
);

/// When a run last succeeded.
pub const MIGRATION_LAST_SUCCESS: Family = seconds(
    "pgrefit_migration_last_success_timestamp_seconds",
    "When a run of `pgrefit migrate` last ended with exit code 0, as seconds since 1970.",
);

/// How long a run has not ended.
pub const MIGRATION_UNFINISHED: Family = seconds(
    "pgrefit_migration_run_unfinished_seconds",
    "How long the newest run has begun and not ended, when it was read; 0 if it ended. A run that was killed stays so until the next one.",
);

/// When a backup last succeeded.
pub const BACKUP_LAST_SUCCESS: Family = seconds(
    "pgrefit_backup_last_success_timestamp_seconds",
    "When the newest complete backup of the database in the configured folder was taken, as seconds since 1970.",
);

/// When a backup was last proven.
pub const BACKUP_LAST_VERIFIED: Family = seconds(
    "pgrefit_backup_last_verified_timestamp_seconds",
    "When a backup of the database was last restored and compared with success, as seconds since 1970.",
);

/// How far partitions reach.
pub const PARTITION_HEADROOM: Family = seconds(
    "pgrefit_partition_headroom_seconds",
    "Until when rows have a partition, as seconds from now, of the partition set for which that is soonest; 0 if rows of now have none.",
);

/// Sets that are not as wanted.
pub const PARTITION_WARNINGS: Family = level(
    "pgrefit_partition_warnings",
    Unit::Of("warnings"),
    "What is wrong with the configured partition sets: gaps, too few partitions ahead, a default partition, a detach not ended.",
);

/// Partitions that are to be retired.
pub const PARTITIONS_DUE: Family =
    level("pgrefit_partitions_due", Unit::Of("partitions"), "Partitions that are older than they are kept.");

/// Queries over their budget.
pub const BENCH_BUDGET_EXCEEDED: Family = level(
    "pgrefit_bench_budget_exceeded",
    Unit::Of("queries"),
    "Queries of the application that took longer than their budget, in the newest evidence of a run that measured them.",
);

/// Queries that were measured.
pub const BENCH_QUERIES: Family = level(
    "pgrefit_bench_queries",
    Unit::Of("queries"),
    "Queries of the application with a budget that the newest evidence has measured.",
);

/// The version of the exporter.
pub const BUILD_INFO: Family = gauge(
    "pgrefit_build_info",
    Unit::Flag,
    &[word("version", &[env!("CARGO_PKG_VERSION")])],
    "The version of pgrefit; always 1.",
);

/// When the exporter started.
pub const EXPORTER_START: Family = gauge(
    "pgrefit_exporter_start_timestamp_seconds",
    Unit::Seconds,
    &[],
    "When the exporter started, as seconds since 1970.",
);

/// Memory of the exporter.
pub const EXPORTER_MEMORY: Family = gauge(
    "pgrefit_exporter_resident_memory_bytes",
    Unit::Bytes,
    &[],
    "Resident memory of the exporter, where the system tells it.",
);

/// Requests to the exporter.
pub const EXPORTER_REQUESTS: Family = counter(
    "pgrefit_exporter_requests_total",
    Unit::Requests,
    &[word("path", PATHS), word("code", CLASSES)],
    "Requests that the exporter answered, by path and class of the answer.",
);

/// Connections that were turned away.
pub const EXPORTER_REFUSED: Family = counter(
    "pgrefit_exporter_connections_refused_total",
    Unit::Connections,
    &[],
    "Connections to the exporter that were closed at once because it had as many as it takes.",
);

/// Every family of `serve`, in the order of the reference.
pub(crate) const FAMILIES: &[Family] = &[
    DATABASE_UP,
    DATABASE_INFO,
    SCRAPE_AGE,
    SCRAPE_DURATION,
    SCRAPE_LAST_SUCCESS,
    SCRAPES,
    SCRAPE_CONNECTIONS,
    SERVER_CONNECTIONS,
    SERVER_CONNECTIONS_MAX,
    SERVER_CONNECTIONS_USED,
    SERVER_LOCK_WAITERS,
    SERVER_OLDEST_TRANSACTION,
    AUDIT_FINDINGS,
    AUDIT_BLIND_OBJECTS,
    AUDIT_BLIND_CHECKS,
    AUDIT_LAST_SUCCESS,
    AUDIT_DURATION,
    AUDITS,
    MIGRATION_VERSION,
    MIGRATIONS_APPLIED,
    MIGRATIONS_PENDING,
    MIGRATIONS_DIVERGED,
    MIGRATION_LAST_RUN_EXIT_CODE,
    MIGRATION_LAST_RUN,
    MIGRATION_LAST_SUCCESS,
    MIGRATION_UNFINISHED,
    BACKUP_LAST_SUCCESS,
    BACKUP_LAST_VERIFIED,
    PARTITION_HEADROOM,
    PARTITION_WARNINGS,
    PARTITIONS_DUE,
    BENCH_BUDGET_EXCEEDED,
    BENCH_QUERIES,
    BUILD_INFO,
    EXPORTER_START,
    EXPORTER_MEMORY,
    EXPORTER_REQUESTS,
    EXPORTER_REFUSED,
];

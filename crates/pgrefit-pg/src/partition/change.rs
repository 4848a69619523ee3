//! Attaching and detaching. Each is one statement, bounded in time, and nothing else of the session is changed.

use std::time::Duration;

use pgrefit_catalog::Name;

use crate::{Error, Migrator};

/// Attaches a table as a partition, in a transaction of its own with this `lock_timeout`.
///
/// `bound` is what follows the name: `FOR VALUES FROM (…) TO (…)`, as in [`Partition::bound_text`](super::Partition::bound_text).
///
/// # Locks
/// SHARE UPDATE EXCLUSIVE on the parent, ACCESS EXCLUSIVE on the partition and on a default partition; SHARE ROW EXCLUSIVE on tables
/// that a foreign key refers to. The partition is read whole if no validated `CHECK` of it implies the bound, and so is the default
/// partition.
///
/// # Errors
/// [`Error::LockTimeout`]; what the server says.
pub async fn attach(
    session: &mut Migrator,
    parent: &Name,
    partition: &Name,
    bound: &str,
    lock_timeout: Duration,
) -> Result<(), Error> {
    let sql = format!(
        "BEGIN; SET LOCAL lock_timeout = {}; SET LOCAL \"TimeZone\" = 'UTC'; SET LOCAL \"DateStyle\" = 'ISO, MDY'; \
         ALTER TABLE {parent} ATTACH PARTITION {partition} {bound}; COMMIT",
        lock_timeout.as_millis().max(1)
    );
    in_transaction(session, &sql).await
}

/// Detaches a partition without keeping anybody from the parent: `DETACH PARTITION … CONCURRENTLY`, from PostgreSQL 14 on.
///
/// It waits for every transaction that uses the parent, at most `limit`. When that is over, or it is interrupted, the partition may be
/// left *pending*: finish it with [`detach_finalize`]. Not in a session behind a transaction pooler, where limits cannot be set.
///
/// # Locks
/// SHARE UPDATE EXCLUSIVE on the parent and for a moment ACCESS EXCLUSIVE on the partition; on referencing tables as much as the
/// server needs to look for referencing rows.
///
/// # Errors
/// [`Error::Cancelled`] when `limit` is over; [`Error::Server`] where there is a default partition, or on PostgreSQL 13.
pub async fn detach_concurrently(
    session: &mut Migrator,
    parent: &Name,
    partition: &Name,
    limit: Duration,
) -> Result<(), Error> {
    let sql = format!("ALTER TABLE {parent} DETACH PARTITION {partition} CONCURRENTLY");
    alone(session, &sql, limit).await
}

/// Ends a detach that was begun and not ended: `DETACH PARTITION … FINALIZE`. Waits as [`detach_concurrently`] does.
///
/// # Locks
/// As [`detach_concurrently`].
///
/// # Errors
/// As [`detach_concurrently`]; [`Error::Server`] where none was begun.
pub async fn detach_finalize(
    session: &mut Migrator,
    parent: &Name,
    partition: &Name,
    limit: Duration,
) -> Result<(), Error> {
    let sql = format!("ALTER TABLE {parent} DETACH PARTITION {partition} FINALIZE");
    alone(session, &sql, limit).await
}

/// Runs a statement that no transaction block may contain. It has no `lock_timeout`, which would end its wait for others half-way.
async fn alone(session: &mut Migrator, sql: &str, limit: Duration) -> Result<(), Error> {
    let limits = format!("SET lock_timeout = 0; SET statement_timeout = {}", limit.as_millis().max(1));
    session.batch(&limits).await?;
    let outcome = session.batch(sql).await;
    if matches!(outcome, Err(Error::Lost { .. })) {
        return outcome;
    }
    let own = session.own_settings().iter().filter(|sql| sql.starts_with("SET "));
    let own = own.cloned().collect::<Vec<_>>().join("; ");
    session.batch(&own).await?;
    outcome
}

async fn in_transaction(session: &mut Migrator, sql: &str) -> Result<(), Error> {
    let outcome = session.batch(sql).await;
    if outcome.is_err() {
        // Fails on a dead connection only, which the first error says.
        let _ = session.batch("ROLLBACK").await;
    }
    outcome
}

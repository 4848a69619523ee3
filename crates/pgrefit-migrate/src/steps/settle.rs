//! Settle: the planner gets to know what the migrations have changed, before the application's queries are planned with
//! statistics of another table.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use pgrefit_catalog::{Catalog, Name, TableKind};

use crate::steps::apply::Before;
use crate::{Applied, Error, Job};

/// The tables whose statistics were taken anew. Only [`settle`] makes it.
#[derive(Debug, Default, Clone)]
pub struct Settled {
    /// Each with how long it took.
    pub analyzed: Vec<(Name, Duration)>,
    /// Each with why it was not.
    pub left: Vec<(Name, String)>,
}

/// Runs `ANALYZE` on each table that the run has made, changed, or says that it has filled; on none of a database that can be
/// thrown away.
///
/// Locks: SHARE UPDATE EXCLUSIVE on one table at a time, which keeps neither readers nor writers out; each is waited for at
/// most `lock_timeout`, and works at most `statement_timeout`. A table that cannot be analyzed is told of, and is no error.
///
/// # Errors
/// The database cannot be reached or read.
pub async fn settle(job: &Job<'_>, applied: &Applied) -> Result<Settled, Error> {
    settle_after(job, &applied.before, &applied.versions()).await
}

/// The same after a run of these versions.
pub(crate) async fn settle_after(
    job: &Job<'_>,
    before: &Before,
    versions: &BTreeSet<i64>,
) -> Result<Settled, Error> {
    let mut settled = Settled::default();
    let Some(more) = before.more.as_ref().filter(|_| !versions.is_empty()) else { return Ok(settled) };
    let now = job.catalog(&mut job.connector.read_only().await?).await?;
    let mut tables = changed(&more.catalog, &now);
    tables.extend(filled(job, versions, &now));
    let mut session = job.connector.migrator().await?;
    for table in tables {
        if job.stop.is_requested() {
            settled.left.push((table, "the run was asked to stop".to_owned()));
            continue;
        }
        let start = Instant::now();
        let limits = format!(
            "SET LOCAL lock_timeout = {}; SET LOCAL statement_timeout = {}",
            job.bounds.lock_timeout.as_millis(),
            job.bounds.statement_timeout.as_millis()
        );
        match session.script(&format!("BEGIN; {limits}; ANALYZE {table}; COMMIT")).await {
            Ok(()) => settled.analyzed.push((table, start.elapsed())),
            Err(error) => settled.left.push((table, error.source.to_string())),
        }
    }
    Ok(settled)
}

/// The tables with rows of their own that are not as they were, or were not there.
fn changed(before: &Catalog, now: &Catalog) -> BTreeSet<Name> {
    let tables = now.tables.iter().filter(|(_, table)| !matches!(table.kind, TableKind::Foreign { .. }));
    tables
        .filter(|(name, table)| before.tables.get(*name) != Some(table))
        .map(|(name, _)| name.clone())
        .collect()
}

/// The tables whose rows the applied files say that they change, or change in batches.
fn filled(job: &Job<'_>, versions: &BTreeSet<i64>, now: &Catalog) -> BTreeSet<Name> {
    let declared = super::verify::declared_changes(job, versions);
    let is_declared = |name: &Name| declared.contains(&name.name) || declared.contains(&name.to_string());
    now.tables.keys().filter(|name| is_declared(name)).cloned().collect()
}

//! How partition sets are: read-only, and without a lock that anybody waits for.

use pgrefit_pg::ReadOnly;
use pgrefit_pg::partition::{PartitionedTable, extremes, partitioned_table, resolve};

use crate::maintain::clock;
use crate::ranges::{self, range_key};
use crate::{Error, KeyType, Method, PartitionSet, PartitionStatus, Point, SetStatus, Step};

/// More intervals than this are not counted one by one.
const AHEAD_COUNTED_MAX: usize = 10_000;

/// How long the highest number of a key is looked for.
const LOOK: std::time::Duration = std::time::Duration::from_secs(5);

/// How each set is, in their order. `now` in the place of the server's clock. What is wrong with a set stands in its warnings.
///
/// # Locks
/// Those of [`pgrefit_pg::partition::partitioned_tables`]; of a key that is a number, ACCESS SHARE on the table while its highest value is
/// looked for.
///
/// # Errors
/// What the server says.
pub async fn status(
    session: &mut ReadOnly,
    sets: &[PartitionSet],
    now: Option<Point>,
) -> Result<Vec<SetStatus>, Error> {
    let now = match now {
        Some(now) => now,
        None => clock(session).await?,
    };
    let mut all = Vec::with_capacity(sets.len());
    for set in sets {
        all.push(one(session, set, now).await?);
    }
    Ok(all)
}

async fn one(session: &mut ReadOnly, set: &PartitionSet, now: Point) -> Result<SetStatus, Error> {
    let reading = || format!("read the partitions of {}", set.table);
    let mut status = SetStatus { table: set.table.clone(), ahead_wanted: set.ahead, ..SetStatus::default() };
    status.name = resolve(session, &set.table).await.map_err(Error::server(reading()))?;
    let Some(name) = &status.name else {
        status.warnings.push("there is no such table".to_owned());
        return Ok(status);
    };
    let Some(table) = partitioned_table(session, name).await.map_err(Error::server(reading()))? else {
        status.warnings.push("it is not partitioned".to_owned());
        return Ok(status);
    };
    fill(&mut status, &table);
    if let Method::Range(step) = set.method {
        match range_key(&table, &set.key, step) {
            Ok(key) => {
                let present = present(session, set, &table, key, now).await?;
                judge(&mut status, set, step, key, &table, present);
            }
            Err(problem) => status.warnings.push(problem),
        }
    }
    Ok(status)
}

/// The present moment, or the highest number; `None` if that is not found in time.
async fn present(
    session: &mut ReadOnly,
    set: &PartitionSet,
    table: &PartitionedTable,
    key: KeyType,
    now: Point,
) -> Result<Option<Point>, Error> {
    if key.is_time() {
        return Ok(Some(now));
    }
    let what = format!("find the highest {}", set.key);
    let found = extremes(session, &table.name, &set.key, LOOK).await.map_err(Error::server(what))?;
    Ok(found.map(|found| found.max.and_then(|text| key.point(&text)).unwrap_or(Point::Number(0))))
}

fn fill(status: &mut SetStatus, table: &PartitionedTable) {
    status.partitioned = true;
    status.default_partition = table.default_partition().map(|partition| partition.name.clone());
    status.pending_detach = table.pending_detach().map(|partition| partition.name.clone());
    for partition in &table.partitions {
        status.rows += partition.rows.unwrap_or(0);
        status.bytes += partition.bytes;
        status.partitions.push(PartitionStatus {
            name: partition.name.clone(),
            bound: partition.bound_text.clone(),
            rows: partition.rows,
            bytes: partition.bytes,
        });
    }
    if let Some(default) = &status.default_partition {
        status
            .warnings
            .push(format!("{default} is a default partition: no partition can be detached concurrently"));
    }
    if let Some(pending) = &status.pending_detach {
        status.warnings.push(format!("the detach of {pending} was begun and not ended: maintenance ends it"));
    }
}

/// What follows from the bounds.
fn judge(
    status: &mut SetStatus,
    set: &PartitionSet,
    step: Step,
    key: KeyType,
    table: &PartitionedTable,
    present: Option<Point>,
) {
    let (taken, unknown) = ranges::taken(table, key);
    status.warnings.extend(unknown.iter().map(|name| format!("the bound of {name} is not understood")));
    status.gaps = ranges::gaps(&taken);
    status
        .warnings
        .extend(status.gaps.iter().map(|(from, to)| format!("rows from {from} to {to} have no partition")));
    let Some(present) = present else {
        status.warnings.push(format!("the highest {} is not found in time: it needs an index", set.key));
        return;
    };
    status.ready_until = ranges::ready_until(&taken, present);
    if let Some(limit) = set.retention.and_then(|retention| retention.limit(present)) {
        status.due = ranges::due(table, key, limit);
    }
    if taken.iter().any(|range| range.to.is_none()) {
        return;
    }
    let end = taken.iter().filter_map(|range| range.to).max();
    // Of the present interval itself, the rest is ready, and none ahead.
    let next = step.next(present);
    status.ahead = match (next, status.ready_until) {
        (Some(next), Some(until)) if until >= next => step.count(next, until, AHEAD_COUNTED_MAX),
        _ => 0,
    };
    if let (Point::Time(now), Some(Point::Time(end))) = (present, end) {
        status.ahead_days = Some((end - now).whole_days());
    }
    if status.ready_until.is_none() {
        status.warnings.push(format!("rows of {present} have no partition: every such INSERT fails"));
    } else if status.ahead < set.ahead as usize {
        status.warnings.push(format!("{} of {} partitions are ready ahead", status.ahead, set.ahead));
    }
}

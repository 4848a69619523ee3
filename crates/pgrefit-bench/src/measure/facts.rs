//! What is asked of a query besides its times: its plans, the size of what they read, its blocks, its answers.

use std::collections::{BTreeMap, BTreeSet};

use pgrefit_pg::types::Type;
use pgrefit_pg::{Error as PgError, ReadOnly, digest};

use super::task::Task;
use crate::plan::buffers;
use crate::{Error, Measurement, PlanShape};

/// Adds what can be had; what cannot be had is trouble, unless there is some already.
pub(super) async fn add(task: &Task<'_>, session: &ReadOnly, measurement: &mut Measurement) {
    if let Err(error) = collect(task, session, measurement).await {
        match error {
            Error::Database(error) => task.note(measurement, &error),
            other => task.note(measurement, &PgError::Exchange(Box::new(other))),
        }
    }
}

async fn collect(task: &Task<'_>, session: &ReadOnly, measurement: &mut Measurement) -> Result<(), Error> {
    let lists = task.query.args.len().clamp(1, Measurement::LISTS_MAX);
    for list in 0..lists {
        let plan = explain(task, session, "VERBOSE", list).await?;
        measurement.plans.push(PlanShape::parse(&plan)?);
    }
    let rows = relation_rows(session, &measurement.plans);
    measurement.relation_rows = task.guard(session).run(rows).await?;
    // A query that fails would fail once more, after as long a wait.
    if measurement.trouble.is_some() || measurement.cut.is_some() {
        return Ok(());
    }
    let analyzed = explain(task, session, "ANALYZE, BUFFERS, TIMING OFF", 0).await?;
    measurement.buffers = Some(buffers(&analyzed)?);
    if !task.options.digests {
        return Ok(());
    }
    for list in 0..lists {
        let rows = digest::result(session, &task.query.sql, task.query.values(list), task.options.limits());
        measurement.digests.push(task.guard(session).run(rows).await?);
    }
    Ok(())
}

async fn explain(task: &Task<'_>, session: &ReadOnly, how: &str, list: usize) -> Result<String, Error> {
    let sql = format!("EXPLAIN ({how}, FORMAT JSON) {}", task.query.sql);
    let answer = session.texts(&sql, task.query.values(list), task.options.limits());
    let mut rows = task.guard(session).run(answer).await?;
    rows.pop().and_then(|mut row| row.pop()?).ok_or(Error::Unexpected("EXPLAIN"))
}

/// Looks the relations up by name in the catalogs: no lock on any of them.
pub(crate) async fn relation_rows(
    session: &ReadOnly,
    plans: &[PlanShape],
) -> Result<BTreeMap<String, u64>, PgError> {
    let nodes = plans.iter().flat_map(|plan| &plan.nodes);
    let names: BTreeSet<&str> = nodes.filter_map(|node| node.relation.as_deref()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let sql = "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.reltuples::int8 \
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
               WHERE quote_ident(n.nspname) || '.' || quote_ident(c.relname) = ANY ($1) AND c.reltuples >= 0";
    let rows = session.query(sql, &[(&names, Type::TEXT_ARRAY)]).await?;
    let read = |row: &pgrefit_pg::Row| {
        let (name, rows): (String, i64) = (row.try_get(0).ok()?, row.try_get(1).ok()?);
        Some((name, rows.unsigned_abs()))
    };
    let unexpected = || PgError::Exchange(Box::new(Error::Unexpected("pg_class")));
    rows.iter().map(|row| read(row).ok_or_else(unexpected)).collect()
}

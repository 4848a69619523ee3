//! Queries that the server runs in another way than before.

use std::collections::{BTreeMap, BTreeSet};

use pgrefit_report::{Finding, Status, counted};

use super::{Tolerance, finding};
use crate::plan::{Access, accesses, joins};
use crate::{Measurement, PlanShape};

pub(super) fn judge(before: &Measurement, after: &Measurement, tolerance: &Tolerance) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut told = BTreeSet::new();
    for (old, new) in before.plans.iter().zip(&after.plans) {
        // Most plans are as they were.
        if old.fingerprint == new.fingerprint {
            continue;
        }
        let found = reads(old, new, after, tolerance).into_iter().chain(joined(old, new, after));
        // Other arguments of the same query mostly flip alike.
        findings.extend(found.filter(|finding| told.insert(finding.message.clone())));
    }
    findings
}

/// Compares how each relation is read, by its name in the query; where a name comes twice, by their order in the plan.
fn reads(old: &PlanShape, new: &PlanShape, after: &Measurement, tolerance: &Tolerance) -> Vec<Finding> {
    let was: BTreeMap<_, _> = numbered(old).collect();
    let found = numbered(new).filter_map(|(place, now)| match was.get(&place) {
        Some(was) => changed(was, &now, after, tolerance),
        None => appeared(&now, after, tolerance),
    });
    found.collect()
}

/// A relation that was not in the plan before, such as a new partition, and is read whole.
fn appeared(now: &Access, after: &Measurement, tolerance: &Tolerance) -> Option<Finding> {
    let rows = after.relation_rows.get(&now.relation).copied()?;
    if !now.is_sequential() || rows <= tolerance.seq_scan_rows {
        return None;
    }
    let rows_text = counted(usize::try_from(rows).unwrap_or(usize::MAX), "row");
    let message = format!("{}: not in the plan before → {} of some {rows_text}", now.relation, now.outline());
    Some(finding("query-reads-whole", Status::Warn, &after.name, message).number("rows", rows))
}

fn numbered(plan: &PlanShape) -> impl Iterator<Item = ((String, String, usize), Access)> {
    let mut counts = BTreeMap::new();
    accesses(plan).into_iter().map(move |access| {
        let name = (access.relation.clone(), access.alias.clone());
        let count = counts.entry(name.clone()).and_modify(|count| *count += 1).or_insert(0_usize);
        ((name.0, name.1, *count), access)
    })
}

fn changed(was: &Access, now: &Access, after: &Measurement, tolerance: &Tolerance) -> Option<Finding> {
    if was.method == now.method && was.indexes == now.indexes {
        return None;
    }
    let message = format!("{}: {} → {}", now.relation, was.outline(), now.outline());
    let is_lost = now.is_sequential() && !was.indexes.is_empty();
    if !is_lost {
        return Some(finding("query-index-changed", Status::Info, &after.name, message));
    }
    let Some(&rows) = after.relation_rows.get(&now.relation) else {
        let message = format!("{message}, of a table that was never analyzed");
        return Some(finding("query-index-lost", Status::Warn, &after.name, message));
    };
    if rows <= tolerance.seq_scan_rows {
        return Some(finding("query-index-changed", Status::Info, &after.name, message));
    }
    let rows_text = counted(usize::try_from(rows).unwrap_or(usize::MAX), "row");
    let found =
        finding("query-index-lost", Status::Fail, &after.name, format!("{message} of some {rows_text}"));
    let found = found.number("rows", rows).hint(hint(was));
    Some(found)
}

fn hint(was: &Access) -> String {
    format!(
        "see whether {} is still there and valid, and whether its expressions and types still fit the query; ANALYZE the table \
         if it was just changed",
        was.indexes.join(", ")
    )
}

fn joined(old: &PlanShape, new: &PlanShape, after: &Measurement) -> Option<Finding> {
    let (old, new) = (joins(old), joins(new));
    if old == new {
        return None;
    }
    let text = |joins: &[String]| if joins.is_empty() { "no join".to_owned() } else { joins.join(", ") };
    let message = format!("joins: {} → {}", text(&old), text(&new));
    Some(finding("query-join-changed", Status::Info, &after.name, message))
}

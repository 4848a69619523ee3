//! What the migrated schema must reach. Pure.

use super::paths::Kind;
use super::report::percentile;
use super::{Measured, Row};
use crate::bench::goal::Goal;

/// Of the rows written before, how many must be written in the same processor time.
const WRITES_MIN: f64 = 0.8;
const RECALL_MIN: f64 = 0.99;
/// Rows that the query by signs compares exactly.
const CANDIDATES: u32 = 100;

/// Largest p99 of the processor time, in ms.
const KINDS: &[(Kind, &str, f64)] = &[
    (Kind::Key, "key, recency, listing and metadata paths", 10.0),
    (Kind::Counts, "counts and statistics", 50.0),
    (Kind::Rare, "full text, rare words", 50.0),
    (Kind::Medium, "full text, medium words", 100.0),
    (Kind::Common, "full text, common words", 500.0),
    (Kind::Vector, "exact vector search over all", 250.0),
    (Kind::VectorFiltered, "exact vector search in one source", 10.0),
    (Kind::VectorInline, "vector search over all, halfvec inline, compared exactly", 60.0),
    (Kind::VectorBySigns, "vector search by signs, compared exactly", 25.0),
];

pub(super) fn judge(measured: &Measured) -> Vec<Goal> {
    let mut goals: Vec<Goal> =
        KINDS.iter().map(|&(kind, text, limit)| path_goal(&measured.rows, kind, text, limit)).collect();
    goals.push(recall(measured));
    goals.extend(["one_by_one", "hundreds", "copied"].map(|way| writes(measured, way)));
    let index_bytes = |phase| -> f64 {
        measured.sizes.iter().filter(|size| size.is_index && size.phase == phase).map(|size| size.bytes).sum()
    };
    let (before, after) = (index_bytes("before") / 1e6, index_bytes("after") / 1e6);
    goals.push(Goal::new(format!("indexes {after:.0} MB, before {before:.0} MB"), after < before));
    goals
}

/// The slowest path of a kind, by the query that the application should use.
fn path_goal(rows: &[Row], kind: Kind, text: &str, limit: f64) -> Goal {
    let wanted = rows.iter().filter(|row| {
        row.path.kind == kind && row.phase == if row.path.changed.is_some() { "changed" } else { "after" }
    });
    let slowest = wanted.map(|row| (cpu_p99(row), row.path.name)).max_by(|a, b| a.0.total_cmp(&b.0));
    match slowest {
        None => Goal::not_measured(format!("{text}, p99 less than {limit} ms")),
        Some((p99, name)) => {
            Goal::new(format!("{text}: p99 at most {p99:.1} ms ({name}), less than {limit}"), p99 < limit)
        }
    }
}

fn cpu_p99(row: &Row) -> f64 {
    percentile(row.samples.iter().map(|sample| sample.cpu_ms), 99)
}

fn recall(measured: &Measured) -> Goal {
    match measured.recall.iter().find(|recall| recall.candidates == CANDIDATES) {
        None => Goal::not_measured(format!("recall of {CANDIDATES} candidates at least {RECALL_MIN}")),
        Some(found) => Goal::new(
            format!("recall of {CANDIDATES} candidates {:.4}, at least {RECALL_MIN}", found.found),
            found.found >= RECALL_MIN,
        ),
    }
}

/// Without the full text, whose price is shown by itself.
fn writes(measured: &Measured, way: &str) -> Goal {
    let us = |phase: &str| {
        measured.writes.iter().find(|cost| cost.phase == phase && cost.way == way).map(|cost| cost.us)
    };
    match (us("before"), us("without-full-text")) {
        (Some(before), Some(after)) => Goal::new(
            format!("rows written {way}: {:.2} × as many as before, at least {WRITES_MIN}", before / after),
            before / after >= WRITES_MIN,
        ),
        _ => Goal::not_measured(format!("rows written {way}: at least {WRITES_MIN} × as many as before")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::paths::PATHS;
    use super::super::session::Sample;
    use super::{Kind, Measured, Row, judge};

    fn measured(phase: &'static str, cpu_ms: f64) -> Measured {
        let path = PATHS.iter().find(|path| path.kind == Kind::Rare).expect("a path");
        let samples = vec![Sample { wall_ms: 1.0, cpu_ms }; 100];
        let rows = vec![Row { path, phase, samples, buffers: 0 }];
        Measured { rows, writes: Vec::new(), sizes: Vec::new(), migrate_s: 0.0, recall: Vec::new() }
    }

    #[test]
    fn the_query_that_should_be_used_is_judged() {
        let check = |phase, cpu_ms, expected: &str| {
            let goals = judge(&measured(phase, cpu_ms));
            let line =
                goals.iter().map(super::Goal::line).find(|line| line.contains("rare words")).expect("a goal");
            assert!(line.ends_with(expected), "{line}");
        };
        check("changed", 49.0, ": met");
        check("changed", 51.0, ": MISSED");
        check("before", 1.0, ": not measured");
    }
}

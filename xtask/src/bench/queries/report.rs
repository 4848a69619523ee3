//! The tables and the file.

use super::session::Sample;
use super::{Args, Measured, Row};
use crate::bench::goal::Goal;
use crate::failure::Outcome;
use crate::workspace;
use serde_json::{Value, json};

/// The smallest value that is not exceeded by so many of a hundred; 0 of none.
pub(super) fn percentile(values: impl Iterator<Item = f64>, of_100: usize) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * of_100).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

fn three(row: &Row, of: fn(&Sample) -> f64) -> [f64; 3] {
    [50, 95, 99].map(|rank| percentile(row.samples.iter().map(of), rank))
}

pub(super) fn line(row: &Row) -> String {
    let [wall, cpu] = [three(row, |sample| sample.wall_ms), three(row, |sample| sample.cpu_ms)];
    format!(
        "{:<28} {:<8} {:>4} | {:>9.2} {:>9.2} {:>9.2} | {:>9.2} {:>9.2} {:>9.2} | {:>8}",
        row.path.name,
        row.phase,
        row.samples.len(),
        cpu[0],
        cpu[1],
        cpu[2],
        wall[0],
        wall[1],
        wall[2],
        row.buffers
    )
}

pub(super) fn write(args: &Args, measured: &Measured, goals: &[Goal]) -> Outcome<()> {
    println!(
        "{} documents and {} with embeddings; migrated in {:.0} s",
        args.amount.documents, args.amount.embedded, measured.migrate_s
    );
    println!(
        "{:<28} {:<8} {:>4} | processor p50, p95, p99 ms       | wall p50, p95, p99 ms            |  buffers",
        "", "", "n"
    );
    let mut rows: Vec<&Row> = measured.rows.iter().collect();
    rows.sort_by_key(|row| row.path.name);
    for row in rows {
        println!("{}", line(row));
    }
    for cost in &measured.writes {
        println!("write {:<18} {:<12} {:>8.0} µs a row", cost.phase, cost.way, cost.us);
    }
    for size in &measured.sizes {
        println!("size {:<7} {:<44} {:>8.1} MB", size.phase, size.name, size.bytes / 1e6);
    }
    for found in &measured.recall {
        println!("recall of {} candidates: {:.4} ({} queries)", found.candidates, found.found, found.queries);
    }
    for goal in goals {
        println!("{}", goal.line());
    }
    workspace::write(
        &workspace::target("bench").join("queries.json"),
        format!("{:#}\n", to_json(args, measured, goals)),
    )
}

fn to_json(args: &Args, measured: &Measured, goals: &[Goal]) -> Value {
    let row = |row: &Row| {
        json!({
            "path": row.path.name, "phase": row.phase, "samples": row.samples.len(), "buffers": row.buffers,
            "cpu_ms": three(row, |sample| sample.cpu_ms), "wall_ms": three(row, |sample| sample.wall_ms),
        })
    };
    json!({
        "documents": args.amount.documents,
        "embedded": args.amount.embedded,
        "limit_s": args.limit,
        "shared_buffers": args.shared_buffers,
        "migrate_s": measured.migrate_s,
        "paths": measured.rows.iter().map(row).collect::<Vec<_>>(),
        "writes": measured.writes.iter().map(|c| json!({ "phase": c.phase, "way": c.way, "us": c.us })).collect::<Vec<_>>(),
        "sizes": measured.sizes.iter().map(|s| json!({ "phase": s.phase, "name": s.name, "is_index": s.is_index, "bytes": s.bytes })).collect::<Vec<_>>(),
        "recall": measured.recall.iter().map(|r| json!({ "candidates": r.candidates, "queries": r.queries, "recall": r.found })).collect::<Vec<_>>(),
        "goals": goals.iter().map(Goal::to_json).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let check = |values: &[f64], of_100, expected: f64| {
            assert!(
                (percentile(values.iter().copied(), of_100) - expected).abs() < 1e-9,
                "{values:?} {of_100}"
            );
        };
        check(&[], 99, 0.0);
        check(&[3.0, 1.0, 2.0], 50, 2.0);
        check(&[3.0, 1.0, 2.0], 99, 3.0);
        check(&[5.0], 50, 5.0);
    }
}

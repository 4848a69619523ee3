//! Both measurements side by side.

use pgrefit_report::{Cell, Column, Status, Table};

use super::Tolerance;
use super::compare;
use crate::{Measured, Measurement, Timing, milliseconds};

/// One row for each query of `after`: its times before and now, rows, blocks, and the worst that [`compare`] says of it.
#[must_use]
pub fn comparison_table(before: Option<&Measured>, after: &Measured, tolerance: &Tolerance) -> Table {
    let columns = [
        Column::text("query", "Query"),
        Column::text("status", "Status"),
        Column::number("runs", "Runs"),
        Column::number("p50_before_ms", "p50 before").in_unit("ms"),
        Column::number("p50_ms", "p50").in_unit("ms"),
        Column::number("p95_before_ms", "p95 before").in_unit("ms"),
        Column::number("p95_ms", "p95").in_unit("ms"),
        Column::number("p99_ms", "p99").in_unit("ms"),
        Column::number("max_ms", "Max").in_unit("ms"),
        Column::number("budget_ms", "Budget").in_unit("ms"),
        Column::number("rows", "Rows"),
        Column::number("shared_hit_blocks", "Blocks hit"),
        Column::number("shared_read_blocks", "Blocks read"),
    ];
    let findings = compare(before, after, tolerance);
    let status = |name: &str| {
        let own = findings.iter().filter(|finding| finding.object.as_deref() == Some(name));
        Status::worst(own.map(|finding| finding.status)).unwrap_or(Status::Pass)
    };
    let mut table = Table::new("queries", "Queries", columns);
    for query in &after.queries {
        let old = before.and_then(|before| before.query(&query.name));
        table.push(row(old, query, status(&query.name)));
    }
    table
}

fn row(old: Option<&Measurement>, query: &Measurement, status: Status) -> Vec<Cell> {
    let was = |pick: fn(&Timing) -> std::time::Duration| time(old, pick);
    let now = |pick: fn(&Timing) -> std::time::Duration| time(Some(query), pick);
    let buffers = query.buffers;
    vec![
        query.name.clone().into(),
        status.into(),
        query.runs().into(),
        was(|timing| timing.p50),
        now(|timing| timing.p50),
        was(|timing| timing.p95),
        now(|timing| timing.p95),
        now(|timing| timing.p99),
        now(|timing| timing.max),
        milliseconds::of(query.budget).into(),
        query.rows.first().copied().flatten().into(),
        buffers.map(|buffers| buffers.shared_hit_blocks).into(),
        buffers.map(|buffers| buffers.shared_read_blocks).into(),
    ]
}

fn time(query: Option<&Measurement>, pick: fn(&Timing) -> std::time::Duration) -> Cell {
    query.and_then(|query| query.timing.as_ref()).map(|timing| milliseconds::of(pick(timing))).into()
}

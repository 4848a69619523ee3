//! A benchmark's result as tables.

use pgrefit_report::{Cell, Column, Status, Table};

use super::{BenchResult, Explained, Numbers, QueryResult, gate};
use crate::brief::with_brief;
use crate::milliseconds;

/// Times of each query, its plan, failures, counters, settings.
#[must_use]
pub fn tables(result: &BenchResult) -> Vec<Table> {
    let mut tables = vec![queries(result), plans(result)];
    tables.extend(failures(result));
    tables.push(counters(result));
    tables.push(settings(result));
    tables
}

fn queries(result: &BenchResult) -> Table {
    let columns = [
        Column::text("query", "Query"),
        Column::text("status", "Status"),
        Column::number("done", "Done"),
        Column::number("failed", "Failed"),
        Column::number("per_second", "a second"),
        Column::number("p50_ms", "p50").in_unit("ms"),
        Column::number("p95_ms", "p95").in_unit("ms"),
        Column::number("p99_ms", "p99").in_unit("ms"),
        Column::number("max_ms", "Max").in_unit("ms"),
        Column::number("service_p99_ms", "p99 from sending").in_unit("ms"),
        Column::number("server_mean_ms", "on the server, mean").in_unit("ms"),
        Column::number("budget_ms", "Budget").in_unit("ms"),
    ];
    let title = if result.is_closed_loop() { "Queries (closed loop: blind to stalls)" } else { "Queries" };
    let mut table = Table::new("queries", title, columns);
    let seconds = result.load.elapsed.as_secs_f64();
    for query in &result.queries {
        table.push(query_row(query, seconds));
    }
    with_brief(
        table,
        &["query", "status", "done", "failed", "p50_ms", "p95_ms", "p99_ms", "max_ms", "budget_ms"],
    )
}

fn query_row(query: &QueryResult, seconds: f64) -> Vec<Cell> {
    let worst = gate::judge(query).iter().map(|finding| finding.status).max();
    let ms = |time| Cell::Float(milliseconds::of(time));
    vec![
        query.name.as_str().into(),
        worst.unwrap_or(Status::Pass).into(),
        query.done.into(),
        query.failed.into(),
        per_second(query.done, seconds),
        ms(query.p50),
        ms(query.p95),
        ms(query.p99),
        ms(query.max),
        ms(query.service_p99),
        query.server_mean_ms.into(),
        ms(query.budget),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "requests of a run")]
fn per_second(count: u64, seconds: f64) -> Cell {
    if seconds > 0.0 { Cell::Float((count as f64 / seconds * 10.0).round() / 10.0) } else { Cell::Missing }
}

fn plans(result: &BenchResult) -> Table {
    let columns = [
        Column::text("query", "Query"),
        Column::text("plan", "Plan"),
        Column::number("execution_ms", "EXPLAIN ANALYZE").in_unit("ms"),
        Column::number("hit_blocks", "Blocks hit"),
        Column::number("read_blocks", "Blocks read"),
        Column::number("temp_blocks", "Temporary blocks"),
    ];
    let mut table = Table::new("plans", "Plans, with one list of values each", columns);
    for plan in &result.plans {
        let buffers = plan.buffers;
        table.push([
            plan.name.as_str().into(),
            reads(plan).into(),
            plan.execution_ms().into(),
            buffers.map(|it| it.shared_hit_blocks).into(),
            buffers.map(|it| it.shared_read_blocks).into(),
            buffers.map(|it| it.temp_blocks).into(),
        ]);
    }
    with_brief(table, &["query", "plan", "execution_ms"])
}

/// How a plan comes at its relations, in one line; its top node if it reads none.
fn reads(plan: &Explained) -> Option<String> {
    let shape = plan.shape.as_ref()?;
    let reads: Vec<String> =
        shape.nodes.iter().filter(|node| node.relation.is_some()).map(crate::PlanNode::outline).collect();
    if reads.is_empty() { shape.nodes.first().map(crate::PlanNode::outline) } else { Some(reads.join("; ")) }
}

fn failures(result: &BenchResult) -> Option<Table> {
    if result.load.failures.is_empty() {
        return None;
    }
    let columns = [Column::text("kind", "Kind"), Column::number("count", "Count")];
    let mut table = Table::new("failures", "Failures", columns);
    for (kind, count) in &result.load.failures {
        table.push([Cell::from(kind.to_string()), (*count).into()]);
    }
    Some(table)
}

/// Counters that people look for, by view. The file has all of them.
const TOLD: [(&str, &[(&str, &str)]); 3] = [
    (
        "pg_stat_database",
        &[
            ("xact_commit", "transactions committed"),
            ("xact_rollback", "transactions rolled back"),
            ("blks_hit", "blocks found in shared buffers"),
            ("blks_read", "blocks read"),
            ("tup_returned", "rows scanned"),
            ("tup_fetched", "rows fetched by index"),
            ("temp_files", "temporary files"),
            ("temp_bytes", "temporary files, bytes"),
            ("deadlocks", "deadlocks"),
        ],
    ),
    (
        "pg_stat_io",
        &[
            ("reads", "reads by clients"),
            ("hits", "hits by clients"),
            ("writes", "writes by clients"),
            ("evictions", "evictions by clients"),
        ],
    ),
    (
        "pg_stat_wal",
        &[("wal_records", "WAL records"), ("wal_fpi", "full page images"), ("wal_bytes", "WAL, bytes")],
    ),
];

fn counters(result: &BenchResult) -> Table {
    let columns = [
        Column::text("view", "View"),
        Column::text("counter", "Counter"),
        Column::number("during_the_run", "During the run"),
    ];
    let mut table = Table::new("counters", "What the server counted, of everybody's work", columns);
    let counters = &result.counters;
    let views = [&counters.database, &counters.io, &counters.wal];
    for ((view, told), seen) in TOLD.into_iter().zip(views) {
        let Some(numbers) = seen.counted() else {
            table.push([Cell::from(view), "not counted".into(), Cell::Missing]);
            continue;
        };
        for (key, title) in told.iter().filter(|(key, _)| numbers.contains_key(*key)) {
            table.push([Cell::from(view), (*title).into(), count(numbers, key)]);
        }
    }
    table
}

#[expect(clippy::cast_possible_truncation, reason = "counters are whole; cut to the range on purpose")]
fn count(numbers: &Numbers, key: &str) -> Cell {
    numbers.get(key).map(|number| number.round() as i64).into()
}

/// All settings that matter; on a terminal those that somebody has set.
fn settings(result: &BenchResult) -> Table {
    let columns = [
        Column::text("setting", "Setting"),
        Column::text("value", "Value"),
        Column::text("source", "Source"),
    ];
    let mut table = Table::new("settings", "Settings of the server", columns);
    let mut brief = Table::new("settings", "Settings of the server that are not its defaults", columns);
    for setting in &result.environment.settings {
        let row = [setting.name.as_str(), &setting.value, &setting.source].map(Cell::from);
        if !matches!(setting.source.as_str(), "default" | "override") {
            brief.push(row.clone());
        }
        table.push(row);
    }
    table.brief = Some(Box::new(brief));
    table
}

//! Statements that read far more than they return.

use std::collections::BTreeSet;

use pgrefit_catalog::census::{Source, Statement};
use pgrefit_report::{Cell, Status, human_bytes};

use crate::check::{Check, Group};
use crate::facts::activity::{excerpt, span, statement_name, words};
use crate::{Facts, Ruling};

/// Bytes that one call reads.
const BYTES: u64 = 256 << 20;
/// Rows that one call returns at most.
const ROWS: i64 = 100;
/// Fewer calls than this may be reports.
const LEAST_CALLS: i64 = 20;
/// What makes few rows out of many.
const AGGREGATES: [&str; 9] = ["group", "distinct", "count", "sum", "avg", "min", "max", "over", "having"];

/// The check.
pub(super) static CHECK: Check = Check {
    id: "statement-reads-too-much",
    code: "ACT-11b",
    group: Group::Activity,
    title: "A statement reads far more than it returns.",
    level: Status::Info,
    required: false,
    matters: "It reads 256 MiB or more, from memory or disk, for a hundred rows or less: a scan of a whole table with its TOAST, \
              an index that serves a part of the condition, or dead rows on the way. Aggregates are left out, they make few \
              rows out of many. By pg_stat_statements, on average over twenty calls or more.",
    cure: "EXPLAIN (ANALYZE, BUFFERS), and look for rows that a filter removed.",
    sources: &[Source::Statements],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let mut told = BTreeSet::new();
    for statement in &facts.census.statements {
        let bytes = bytes_per_call(facts, statement);
        let rows = statement.rows.checked_div(statement.calls).unwrap_or(0);
        if bytes < BYTES || rows > ROWS || statement.calls < LEAST_CALLS {
            ruling.saw();
            continue;
        }
        let (Some(query), Some(name)) = (&statement.query, statement_name(statement)) else {
            ruling.missed(
                "the text of statements of other roles is hidden from this role",
                Some(facts.grant_monitor()),
            );
            continue;
        };
        ruling.saw();
        if picks_rows(query) && told.insert(name.clone()) {
            let message = format!("{name} reads {} for {rows} rows: {}", human_bytes(bytes), excerpt(query));
            ruling
                .info(name, message)
                .number("read_per_call_bytes", Cell::Bytes(bytes))
                .number("rows_per_call", rows)
                .number("calls", statement.calls)
                .number("average_ms", span(statement.mean_ms / 1_000.0))
                .hint("EXPLAIN (ANALYZE, BUFFERS), and look for rows that a filter removed");
        }
    }
}

fn bytes_per_call(facts: &Facts<'_>, statement: &Statement) -> u64 {
    let blocks = statement.blocks_hit.saturating_add(statement.blocks_read);
    let per_call = blocks.checked_div(statement.calls).unwrap_or(0);
    u64::try_from(per_call.saturating_mul(facts.census.server.block_size)).unwrap_or(0)
}

/// A query that picks rows, by its words.
fn picks_rows(query: &str) -> bool {
    let words = words(query);
    let reads = matches!(words.first().map(String::as_str), Some("select" | "with" | "update" | "delete"));
    let aggregates = words.iter().any(|it| AGGREGATES.contains(&it.as_str()) || it.ends_with("_agg"));
    reads && !aggregates
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn much_for_few_rows_is_told() {
        let check = |query: &str, blocks: i64, rows: i64, expected: Status| {
            let sample = Sample::new(18).statement(query, |it| {
                (it.blocks_hit, it.rows, it.calls) = (blocks * 100, rows * 100, 100);
            });
            assert_eq!(sample.status(&CHECK), expected, "{query} {blocks} {rows}");
        };
        check("SELECT * FROM t WHERE a = $1", 50_000, 1, Status::Info);
        check("DELETE FROM t WHERE a = $1", 50_000, 1, Status::Info);
        check("SELECT * FROM t WHERE a = $1", 50, 1, Status::Pass);
        check("SELECT * FROM t WHERE a = $1", 50_000, 9_000, Status::Pass);
        check("SELECT count(*) FROM t", 50_000, 1, Status::Pass);
        check("SELECT jsonb_agg(a) FROM t", 50_000, 1, Status::Pass);
        check("VACUUM t", 50_000, 0, Status::Pass);
    }

    #[test]
    fn a_hidden_statement_is_missed() {
        let sample = Sample::new(18).hidden_statement(|it| it.blocks_read = 50_000_000);
        assert_eq!(sample.status(&CHECK), Status::Blind);
    }
}

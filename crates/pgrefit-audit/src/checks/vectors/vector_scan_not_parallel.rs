//! A table of vectors that the planner takes for small.

use pgrefit_catalog::census::{Relation, Source};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// From so much in TOAST on.
const TOAST_BYTES_MIN: u64 = 64 << 20;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "vector-scan-not-parallel",
    code: "VEC-07",
    group: Group::Vectors,
    title: "An exact search of vectors never runs in parallel, because the planner does not see TOAST.",
    level: Status::Warn,
    required: false,
    matters: "Whether a scan may be parallel is decided by the pages of the table itself (min_parallel_table_scan_size). \
              Vectors above 2 kB lie in its TOAST table, which does not count: 7,500 rows of vector(3072) were 313 pages to \
              the planner, and 71,579 to the search. Told of tables with an exact search, 64 MB of TOAST or more, a heap \
              below that setting and no parallel_workers of their own.",
    cure: "ALTER TABLE … SET (parallel_workers = n), and lower parallel_setup_cost and parallel_tuple_cost for the role that \
           searches: measured, both were needed, and halved the time on two cores.",
    sources: &[Source::Columns, Source::Types, Source::Indexes, Source::IndexDependencies, Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.hides_any(&["max_parallel_workers_per_gather", "min_parallel_table_scan_size"], ruling) {
        return;
    }
    let workers = facts.number("max_parallel_workers_per_gather").unwrap_or(0.0);
    let Some(least) = facts.setting_bytes("min_parallel_table_scan_size").filter(|_| workers >= 1.0) else {
        ruling.skip("the server runs no parallel scans");
        return;
    };
    for (table, column, _) in facts.vector_columns() {
        ruling.saw();
        if !facts.is_out_of_line(column) || facts.has_vector_index(table.oid, column) {
            continue;
        }
        let mut leaves = facts.leaves(table.oid);
        leaves.retain(|leaf| is_mistaken(facts, leaf, least));
        let bytes: u64 = leaves.iter().map(|leaf| facts.table_bytes(leaf.oid) - facts.bytes(leaf.oid)).sum();
        let Some(largest) = leaves.iter().map(|leaf| facts.table_bytes(leaf.oid)).max() else { continue };
        let advised = advised(largest, least, workers);
        let sql: Vec<_> = leaves.iter().map(|leaf| set_workers(facts, leaf, advised)).collect();
        let told = format!("an exact search reads {} MB of TOAST in one process", bytes >> 20);
        ruling
            .warn(facts.column_name(table.oid, column.number), told)
            .number("toast_bytes", Cell::Bytes(bytes))
            .number("min_parallel_table_scan_bytes", Cell::Bytes(least))
            .number("workers_advised", advised)
            .sql(sql.join("\n"), "SHARE UPDATE EXCLUSIVE", true);
    }
}

fn is_mistaken(facts: &Facts<'_>, leaf: &Relation, least: u64) -> bool {
    let toast = facts.table_bytes(leaf.oid) - facts.bytes(leaf.oid);
    let told = Facts::option(&leaf.options, "parallel_workers").is_some();
    toast >= TOAST_BYTES_MIN && facts.bytes(leaf.oid) < least && !told
}

/// What the planner would take if it saw all of it: one, and one more each time it triples.
fn advised(bytes: u64, least: u64, workers: f64) -> u32 {
    let (mut advised, mut size) = (1_u32, least.max(1));
    while bytes >= size.saturating_mul(3) && f64::from(advised) < workers {
        size = size.saturating_mul(3);
        advised += 1;
    }
    advised
}

fn set_workers(facts: &Facts<'_>, leaf: &Relation, workers: u32) -> String {
    format!("ALTER TABLE {} SET (parallel_workers = {workers});", facts.name(leaf.oid))
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::{CHECK, advised};
    use crate::sample::Sample;

    fn server(workers: &str) -> Sample {
        Sample::new(18).setting("max_parallel_workers_per_gather", workers).setting_in(
            "min_parallel_table_scan_size",
            "1024",
            Some("8kB"),
        )
    }

    #[test]
    fn a_small_heap_with_much_toast_is_told() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(server("2").documents(7_500.0, 3_072), Status::Warn);
        check(server("0").documents(7_500.0, 3_072), Status::Skip);
        check(server("2").documents(1_000.0, 3_072), Status::Pass);
        // In line, the planner sees them.
        check(server("2").documents(100_000.0, 384), Status::Pass);
        let told = server("2").documents(7_500.0, 3_072);
        check(
            told.with(|census| census.relations[0].options = vec!["parallel_workers=2".to_owned()]),
            Status::Pass,
        );
        let indexed = server("2").documents(7_500.0, 3_072);
        check(indexed.vector_index(200, "hnsw", "halfvec_l2_ops", true, |_| {}), Status::Pass);
        let large = server("2").documents(7_500.0, 3_072);
        check(large.with(|census| census.relations[0].pages = 5_000), Status::Pass);
    }

    #[test]
    fn workers_follow_the_size() {
        let check =
            |megabytes: u64, expected: u32| assert_eq!(advised(megabytes << 20, 8 << 20, 4.0), expected);
        check(20, 1);
        check(64, 2);
        check(100, 3);
        check(10_000, 4);
    }
}

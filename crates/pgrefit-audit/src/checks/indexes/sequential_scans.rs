//! A large table that queries read from end to end, again and again.

use pgrefit_catalog::census::{Relation, RelationStatistics, Source};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::facts::indexes::{DAY_S, float};
use crate::{Facts, Ruling};

/// From which size on it is told: with its TOAST table.
const TOLD_BYTES: u64 = 100 << 20;

/// From how many scans a day on.
const SCANS_PER_DAY: f64 = 24.0;

/// How many rows a scan must read on average: fewer are the work of LIMIT or EXISTS.
const ROWS_PER_SCAN: f64 = 10_000.0;

/// For how many days counters must have counted.
const WINDOW_DAYS: f64 = 1.0;

/// After how many days without one it is over.
const OVER_DAYS: f64 = 7.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "sequential-scans",
    code: "IDX-13",
    group: Group::Indexes,
    title: "A large table is read from end to end, many times a day.",
    level: Status::Warn,
    required: false,
    matters: "Such a query grows slower with the table, and pushes other data out of the cache. Told of tables from 100 MiB on, \
              TOAST table included, that had 24 sequential scans a day with 10,000 rows each; parallel workers count \
              for themselves. From 16 on, not where the last was a week ago. A backup reads each table once a day, \
              and is not told.",
    cure: "Find the statement in pg_stat_statements, and give it an index, or a LIMIT.",
    sources: &[Source::Relations, Source::RelationStatistics],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let counted = facts.census.server.counted_for_s.map(|seconds| seconds / DAY_S);
    let Some(days) = counted.filter(|days| *days >= WINDOW_DAYS) else {
        return ruling.skip("the counters have not counted for a day");
    };
    for table in facts.root_tables() {
        ruling.saw();
        let leaves = facts.leaves(table.oid);
        let counters: Vec<_> = leaves.iter().filter_map(|leaf| facts.statistics(leaf.oid)).collect();
        let scans: i64 = counters.iter().map(|it| it.seq_scans).sum();
        let rows: i64 = counters.iter().map(|it| it.seq_rows).sum();
        let per_day = float(scans) / days;
        let per_scan = float(rows) / float(scans.max(1));
        if facts.tree_bytes(table.oid) >= TOLD_BYTES
            && per_day >= SCANS_PER_DAY
            && per_scan >= ROWS_PER_SCAN
            && !is_over(&counters)
        {
            tell(facts, table, &counters, (per_day, per_scan), ruling);
        }
    }
}

/// Whether the last one was long ago; never before 16, which does not tell.
fn is_over(counters: &[&RelationStatistics]) -> bool {
    let ages = counters.iter().filter_map(|it| it.last_seq_scan_age_s);
    ages.min_by(f64::total_cmp).is_some_and(|age| age >= OVER_DAYS * DAY_S)
}

fn tell(
    facts: &Facts<'_>,
    table: &Relation,
    counters: &[&RelationStatistics],
    (per_day, per_scan): (f64, f64),
    ruling: &mut Ruling,
) {
    let message =
        format!("it is read from end to end {per_day:.0} times a day, {per_scan:.0} rows each time");
    ruling
        .warn(facts.name(table.oid), message)
        .number("table_bytes", Cell::Bytes(facts.tree_bytes(table.oid)))
        .number("seq_scans_per_day", per_day.round())
        .number("rows_per_scan", per_scan.round())
        .number("index_scans", counters.iter().map(|it| it.index_scans).sum::<i64>())
        .hint("find the statements that name it in pg_stat_statements, and EXPLAIN them");
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::sample::Sample;

    fn sample(mib: i64, scans: i64, rows_each: i64) -> Sample {
        let sample = Sample::new(18).counted_days(10.0).heap(100, "t", mib, 1e6);
        sample.last_counters(|it| (it.seq_scans, it.seq_rows) = (scans, scans * rows_each))
    }

    #[test]
    fn a_large_table_that_is_read_often_is_found() {
        let check = |sample: Sample, expected: &[&str]| assert_eq!(sample.objects(&CHECK), expected);
        check(sample(100, 240, 10_000), &["public.t"]);
        check(sample(99, 240, 10_000), &[]);
        check(sample(100, 239, 10_000), &[]);
        check(sample(100, 240, 9_999), &[]);
        check(sample(100, 240, 10_000).counted_days(0.9), &[]);
        let last = |days: f64| {
            sample(100, 240, 10_000).last_counters(|it| it.last_seq_scan_age_s = Some(days * 86_400.0))
        };
        check(last(6.0), &["public.t"]);
        check(last(8.0), &[]);
    }
}

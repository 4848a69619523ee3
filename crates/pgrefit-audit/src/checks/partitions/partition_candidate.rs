//! A very large table that grows with time, in one piece.

use pgrefit_catalog::census::{Column, Relation, RelationKind, Source};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::facts::indexes::float;
use crate::{Facts, Ruling};

/// From which size on it is told, TOAST table included.
const TOLD_BYTES: u64 = 100 << 30;

/// How far rows must lie in the order of time.
const ORDERED: f64 = 0.9;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "partition-candidate",
    code: "PAR-06",
    group: Group::Partitions,
    title: "A very large table grows in the order of time, and is not partitioned.",
    level: Status::Info,
    required: false,
    matters: "Old rows of a partitioned table go in a moment, without DELETE and VACUUM, and each partition is vacuumed and \
              indexed by itself. Told of tables from 100 GiB on, TOAST table included, that have a date or time column in the \
              order of which the rows lie (correlation of 0.9 and more). It is no small change: the primary key must hold the \
              column that is partitioned by, so foreign keys that refer to it must hold it, too.",
    cure: "Partition it by the column, if old rows are to go some day; else leave it.",
    sources: &[
        Source::Relations,
        Source::Columns,
        Source::Types,
        Source::ColumnStatistics,
        Source::Constraints,
    ],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for table in facts.root_tables().filter(|table| table.kind == RelationKind::Table) {
        let bytes = facts.table_bytes(table.oid);
        let times = facts.columns(table.oid).iter().filter(|column| is_time(facts, column));
        let times: Vec<_> = times.copied().collect();
        if bytes < TOLD_BYTES || times.is_empty() {
            ruling.saw();
            continue;
        }
        let known = times.iter().filter_map(|column| {
            Some((*column, facts.column_statistics(table.oid, column.number)?.correlation?))
        });
        let known: Vec<_> = known.collect();
        if known.is_empty() && !table.shows_statistics {
            let grant = facts.grant_select(table.oid);
            ruling.missed("statistics of columns are hidden from this role", grant);
            continue;
        }
        ruling.saw();
        let best = known.into_iter().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        if let Some((column, correlation)) = best.filter(|(_, it)| it.abs() >= ORDERED) {
            tell(facts, table, column, (bytes, correlation), ruling);
        }
    }
}

fn is_time(facts: &Facts<'_>, column: &Column) -> bool {
    let found = facts.base_type(column.type_oid);
    found.is_some_and(|it| matches!(it.name.as_str(), "date" | "timestamp" | "timestamptz"))
}

fn tell(
    facts: &Facts<'_>,
    table: &Relation,
    column: &Column,
    (bytes, correlation): (u64, f64),
    ruling: &mut Ruling,
) {
    let inbound = facts.referencing(table.oid).len();
    let deletes = facts.statistics(table.oid).map(|it| it.deletes);
    let shown = column.name.as_str();
    let mut found = ruling.info(
        facts.name(table.oid),
        format!("its rows lie in the order of {}", pgrefit_catalog::quote_ident(shown)),
    );
    found
        .number("table_bytes", Cell::Bytes(bytes))
        .number("correlation", (correlation * 100.0).round() / 100.0)
        .number("deletes", deletes)
        .number("referencing_keys", inbound)
        .number("rows", facts.rows(table.oid));
    if inbound > 0 {
        found.hint("foreign keys refer to it: they would need the column, too");
    } else if deletes.zip(facts.rows(table.oid)).is_some_and(|(gone, rows)| float(gone) > 0.1 * rows) {
        found.hint("many rows were deleted: dropping a partition does the same in a moment");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn sample(gib: i64, type_name: &str, correlation: f64) -> Sample {
        let sample = Sample::new(18).heap(100, "t", gib * 1_024, 1e9).attribute(100, 1, "at", type_name);
        sample.known(100, 1, |it| it.correlation = Some(correlation))
    }

    #[test]
    fn a_large_table_in_the_order_of_time_is_told() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(100, "timestamptz", 0.99), Status::Info);
        check(sample(100, "date", -0.99), Status::Info);
        check(sample(99, "timestamptz", 0.99), Status::Pass);
        check(sample(100, "timestamptz", 0.5), Status::Pass);
        check(sample(100, "int8", 1.0), Status::Pass);
        check(sample(100, "date", 1.0).with(|it| it.relations[0].is_partition = true), Status::Pass);
        let hidden = |readable: bool| {
            sample(100, "date", 1.0).with(|it| {
                it.column_statistics.clear();
                it.relations[0].shows_statistics = readable;
            })
        };
        check(hidden(false), Status::Blind);
        check(hidden(true), Status::Pass);
    }
}

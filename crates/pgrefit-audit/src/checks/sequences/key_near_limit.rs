//! An integer key that no sequence fills, and that is near the end of its type.

use std::collections::HashSet;
use std::fmt::Write as _;

use pgrefit_catalog::census::{Column, Constraint, ConstraintKind, Index, Relation, Source};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Example, Group};
use crate::facts::sequences::{FAIL_SHARE, WARN_SHARE};
use crate::{Facts, Ruling};

/// Below this correlation of values with the order of rows, keys are taken for random: those are large from the first day.
const RANDOM: f64 = 0.3;

/// A table with fewer rows than this share of its largest key may have that one by hand: a key that counts has most of its rows.
const FEW: f64 = 0.001;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "key-near-limit",
    code: "SEQ-02",
    group: Group::Sequences,
    title: "A key that applications fill has used up most of its integer type.",
    level: Status::Fail,
    required: true,
    matters: "When the numbers end, each INSERT fails. No sequence tells of it, so the largest value that ANALYZE saw does, without \
              reading the table: the true one may be larger. Columns of unique indexes are looked at, of smallint and \
              integer; those that refer to another table go with what they refer to. Told from 70 % on, a failure from 90 % on; a \
              warning only, if there are few rows beside so large a value, which may then be one that stands for something \
              else. Numbers without any order, such as hashes, are not told.",
    cure: "Change the column to bigint before the end: by a new column, a trigger and a backfill.",
    sources: &[
        Source::Columns,
        Source::Constraints,
        Source::Indexes,
        Source::SequenceUses,
        Source::ColumnStatistics,
        Source::Types,
    ],
    example: Some(Example {
        bad: include_str!("key_near_limit/bad.sql"),
        good: include_str!("key_near_limit/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let filled: HashSet<_> = facts.census.sequence_uses.iter().map(|it| (it.relation, it.column)).collect();
    for table in facts.root_tables().filter(|it| facts.lasting_table(it.oid).is_some()) {
        for column in facts.columns(table.oid) {
            let Some((_, end)) = facts.integer_range(column).filter(|(_, end)| *end < i64::MAX) else {
                continue;
            };
            if !filled.contains(&(table.oid, column.number)) && is_own_key(facts, table, column) {
                one(facts, ruling, table, column, end);
            }
        }
    }
}

/// Whether the column is part of a key, and does not take its values from another table.
fn is_own_key(facts: &Facts<'_>, table: &Relation, column: &Column) -> bool {
    let refers =
        |it: &&Constraint| it.kind == ConstraintKind::ForeignKey && it.columns.contains(&column.number);
    let identifies = |it: &&Index| {
        let width = usize::try_from(it.key_columns).unwrap_or(0);
        it.unique && it.columns.iter().take(width).any(|number| *number == column.number)
    };
    facts.indexes(table.oid).iter().any(identifies) && !facts.constraints(table.oid).iter().any(refers)
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn one(facts: &Facts<'_>, ruling: &mut Ruling, table: &Relation, column: &Column, end: i64) {
    let Some(largest) = facts.largest_value(table.oid, column) else {
        // Of a table that was never analysed there is nothing to say.
        if !table.shows_statistics {
            let why = "the statistics of columns are not visible to this role";
            ruling.missed(why, facts.grant_select(table.oid));
        }
        return;
    };
    ruling.saw();
    let share = largest as f64 / end as f64;
    let correlation = facts.column_statistics(table.oid, column.number).and_then(|it| it.correlation);
    if share < WARN_SHARE || correlation.is_some_and(|it| it.abs() < RANDOM) {
        return;
    }
    let rows = facts.rows(table.oid);
    let counts = rows.is_some_and(|rows| rows >= FEW * largest as f64);
    let status = if share >= FAIL_SHARE && counts { Status::Fail } else { Status::Warn };
    let mut message = format!("its largest value is at {:.0} % of what its type can hold", share * 100.0);
    if let Some(rows) = rows.filter(|_| !counts) {
        let _ = write!(message, "; there are {rows:.0} rows, so it may be a value set apart");
    }
    ruling
        .found(status, facts.column_name(table.oid, column.number), message)
        .number("rows", rows)
        .number("largest_value", largest)
        .number("end", end)
        .number("used_percent", Cell::Float((share * 1_000.0).round() / 10.0))
        .hint("change the column to bigint; do the columns that reference it first");
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::constraints::{column, int4, int8, unique_index};
    use crate::sample::sequences::statistics;

    /// A key of that type in many rows, and the largest value that was seen, if the role may see it.
    fn sample(type_oid: u32, largest: Option<i64>, correlation: f64, readable: bool) -> Sample {
        Sample::new(16)
            .relation(100, RelationKind::Table, "t", |it| {
                (it.shows_statistics, it.rows) = (readable, Some(1e8));
            })
            .with(|census| {
                census.types.extend([int4(), int8()]);
                census.columns.push(column(100, 1, "id", type_oid));
                census.indexes.push(unique_index(300, 100, 1));
                census
                    .column_statistics
                    .extend(largest.map(|largest| statistics(100, 1, largest, correlation)));
            })
    }

    #[test]
    fn it_is_told_by_what_was_seen() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(23, Some(2_000_000_000), 1.0, true), Status::Fail);
        check(sample(23, Some(1_600_000_000), 1.0, true), Status::Warn);
        check(sample(23, Some(1_000_000_000), 1.0, true), Status::Pass);
        check(sample(20, Some(2_000_000_000), 1.0, true), Status::Pass);
        // One value that stands for something else, and rows that are not known.
        let rows = |rows| sample(23, Some(2_147_483_647), 1.0, true).with(|it| it.relations[0].rows = rows);
        check(rows(Some(301.0)), Status::Warn);
        check(rows(None), Status::Warn);
        // Hashes.
        check(sample(23, Some(2_000_000_000), 0.01, true), Status::Pass);
        // Never analysed, and hidden.
        check(sample(23, None, 1.0, true), Status::Pass);
        check(sample(23, None, 1.0, false), Status::Blind);
        check(sample(20, None, 1.0, false), Status::Pass);
        // Another view may show what the role may not read.
        check(sample(23, Some(2_000_000_000), 1.0, false), Status::Fail);
    }
}

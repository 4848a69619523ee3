//! Integers that are only ever 0 or 1.

use pgrefit_catalog::census::{Column, Constraint, ConstraintKind, IndexDependency, Relation, Source};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// Below so many rows two values are chance.
const ROWS_MIN: f64 = 1_000.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "boolean-as-integer",
    code: "TYP-12f",
    group: Group::Design,
    title: "An integer column seems to hold a yes or no.",
    level: Status::Info,
    required: false,
    matters: "A boolean says what it means, takes one byte, and cannot be 2. Told where ANALYZE saw two values, of which 1 is the \
              greater, in 1,000 rows or more, and no constraint (but NOT NULL) or index is on the column.",
    cure: "ALTER TABLE … TYPE boolean USING … = 1, together with the program that writes it.",
    sources: &[
        Source::Columns,
        Source::Types,
        Source::ColumnStatistics,
        Source::RelationStatistics,
        Source::Constraints,
        Source::Indexes,
        Source::IndexDependencies,
    ],
    example: Some(Example {
        bad: include_str!("boolean_as_integer/bad.sql"),
        good: include_str!("boolean_as_integer/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (table, column, _) in facts.columns_of_type(&["int2", "int4", "int8"]) {
        // References, keys and what is checked or searched are what they are.
        if is_bound(facts, table, column) {
            continue;
        }
        if !table.shows_statistics {
            let grant = facts.grant_select(table.oid);
            ruling.missed("column statistics are not visible to this role", grant);
            continue;
        }
        let rows = facts.rows(table.oid).filter(|rows| *rows >= ROWS_MIN);
        let known = facts.column_statistics(table.oid, column.number);
        if rows.is_some() && known.is_none() {
            ruling.left_out();
            continue;
        }
        ruling.saw();
        let (Some(rows), Some(known)) = (rows, known) else { continue };
        let is_flag = (known.distinct - 2.0).abs() < f64::EPSILON && known.largest == Some(1);
        if is_flag && facts.are_leaves_analysed(table.oid) {
            ruling
                .info(facts.column_name(table.oid, column.number), "two values, of which 1 is the greater")
                .number("rows", rows)
                .number("distinct_values", Cell::Float(known.distinct))
                .hint("boolean, together with the program that writes it");
        }
    }
}

/// Whether a constraint or an index, also of a partition, has to do with the column.
fn is_bound(facts: &Facts<'_>, table: &Relation, column: &Column) -> bool {
    let tables = facts.leaves(table.oid).into_iter().map(|it| it.oid).chain([table.oid]);
    let mut own = tables.filter_map(|it| Some((it, facts.column_named(it, &column.name)?.number)));
    own.any(|(table, number)| {
        let constrains =
            |it: &&Constraint| it.kind != ConstraintKind::NotNull && it.columns.contains(&number);
        let depends = |it: &IndexDependency| it.table == table && it.column == number;
        facts.constraints(table).iter().any(constrains)
            || facts.indexes(table).iter().any(|it| it.columns.contains(&number))
            || facts.census.index_dependencies.iter().any(depends)
    })
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn sample(distinct: f64, largest: Option<i64>) -> Sample {
        let sample = Sample::new(18).relation(100, RelationKind::Table, "t", |_| {});
        let sample = sample.column(100, "c", "int4", |_| {}).column_statistics(100, 1, 0.0);
        sample.with(|census| {
            (census.column_statistics[0].distinct, census.column_statistics[0].largest) = (distinct, largest);
        })
    }

    #[test]
    fn two_values_up_to_one_are_a_flag() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(2.0, Some(1)), Status::Info);
        check(sample(2.0, Some(7)), Status::Pass);
        check(sample(3.0, Some(1)), Status::Pass);
        check(sample(2.0, None), Status::Pass);
        check(sample(2.0, Some(1)).counters(100, |it| it.changes_since_analyze = 9_000), Status::Pass);
        check(
            sample(2.0, Some(1)).with(|census| census.relations[0].shows_statistics = false),
            Status::Blind,
        );
    }
}

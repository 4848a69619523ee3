//! A foreign key that no row uses.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// Below so many rows it says nothing.
const ROWS_MIN: f64 = 1_000.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "reference-all-null",
    code: "DOC-04b",
    group: Group::Vectors,
    title: "A foreign key is null in every row.",
    level: Status::Info,
    required: false,
    matters: "No row refers to anything: the column was never filled, or the job that fills it does not run. Told where ANALYZE \
              saw nothing but nulls, from 1,000 rows on; no row is read for it. A part of nulls is no fault: not every row \
              refers to something.",
    cure: "Find out what should fill it, or drop the column.",
    sources: &[Source::Constraints, Source::Columns, Source::ColumnStatistics, Source::RelationStatistics],
    example: Some(Example {
        bad: include_str!("reference_all_null/bad.sql"),
        good: include_str!("reference_all_null/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for key in facts.foreign_keys() {
        let table = key.relation;
        let Some(relation) = facts.relation(table) else { continue };
        if !relation.shows_statistics {
            let grant = facts.grant_select(table);
            ruling.missed("column statistics are not visible to this role", grant);
            continue;
        }
        let rows = facts.rows(table).filter(|rows| *rows >= ROWS_MIN);
        if rows.is_some() && key.columns.iter().all(|it| facts.column_statistics(table, *it).is_none()) {
            ruling.left_out();
            continue;
        }
        ruling.saw();
        let Some(rows) = rows else { continue };
        let is_empty = |column: &&i16| {
            facts.column_statistics(table, **column).is_some_and(|it| it.null_fraction >= 1.0)
        };
        let Some(column) = key.columns.iter().find(is_empty) else { continue };
        if !facts.are_leaves_analysed(table) {
            continue;
        }
        ruling
            .info(
                facts.part_name(table, &key.name),
                format!("{} is null in every row", facts.column_name(table, *column)),
            )
            .number("rows", rows)
            .hint("find out what should fill it");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{Constraint, ConstraintKind, RelationKind};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn sample(nulls: f64) -> Sample {
        let key = Constraint {
            oid: 300,
            relation: 100,
            domain: None,
            name: "t_fkey".to_owned(),
            kind: ConstraintKind::ForeignKey,
            validated: true,
            enforced: true,
            deferrable: false,
            index: None,
            parent: None,
            columns: vec![1],
            referenced: Some(100),
            referenced_columns: vec![1],
            on_update: None,
            on_delete: None,
            match_type: None,
            null_test: None,
        };
        let sample = Sample::new(18).relation(100, RelationKind::Table, "t", |_| {});
        let sample = sample.column(100, "c", "int8", |_| {}).column_statistics(100, 1, nulls);
        sample.with(|census| census.constraints.push(key))
    }

    #[test]
    fn every_row_must_be_null_and_visible() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(1.0), Status::Info);
        check(sample(0.99), Status::Pass);
        check(sample(1.0).counters(100, |it| it.changes_since_analyze = 9_000), Status::Pass);
        check(sample(1.0).with(|census| census.relations[0].shows_statistics = false), Status::Blind);
    }
}

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
        if !relation.readable {
            let grant = facts.grant_select(table);
            ruling.missed("column statistics are not visible to this role", grant);
            continue;
        }
        ruling.saw();
        let Some(rows) = facts.rows(table).filter(|rows| *rows >= ROWS_MIN) else { continue };
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

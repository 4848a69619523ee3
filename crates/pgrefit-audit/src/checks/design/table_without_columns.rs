//! Tables without a column.

use pgrefit_catalog::census::{RelationKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "table-without-columns",
    code: "TYP-12d",
    group: Group::Design,
    title: "A table has no columns.",
    level: Status::Info,
    required: false,
    matters: "It is allowed, and holds nothing but a number of rows: mostly what is left when the last column was dropped. Parents \
              of inheritance are not told.",
    cure: "Drop it, if nobody counts its rows.",
    sources: &[Source::Relations, Source::Columns, Source::Inheritance],
    example: Some(Example {
        bad: include_str!("table_without_columns/bad.sql"),
        good: include_str!("table_without_columns/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for table in facts.root_tables().filter(|it| it.kind == RelationKind::Table) {
        ruling.saw();
        if facts.columns(table.oid).is_empty() && facts.children(table.oid).is_empty() {
            ruling
                .info(facts.name(table.oid), "it has no columns")
                .number("rows", table.rows)
                .hint("drop it, if nobody counts its rows");
        }
    }
}

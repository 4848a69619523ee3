//! Tables with very many columns.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// From more than so many on.
const COLUMNS: usize = 100;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "wide-table",
    code: "TYP-12",
    group: Group::Design,
    title: "A table has more than 100 columns.",
    level: Status::Info,
    required: false,
    matters: "Each UPDATE writes the whole row anew, a column is found by walking over those before it, and a row must fit a page of \
              8 kB, apart from what goes to TOAST. Tables that were taken over from elsewhere, or that hold reports, are often \
              so on purpose.",
    cure: "Columns that are seldom read or often written can go to a table of their own, with the same key.",
    sources: &[Source::Relations, Source::Columns],
    example: Some(Example {
        bad: include_str!("wide_table/bad.sql"),
        good: include_str!("wide_table/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for table in facts.root_tables() {
        ruling.saw();
        let columns = facts.columns(table.oid).len();
        if columns > COLUMNS {
            ruling
                .info(facts.name(table.oid), format!("it has {columns} columns"))
                .number("columns", columns)
                .number("rows", facts.rows(table.oid))
                .hint("columns that are seldom read or often written can go to a table of their own");
        }
    }
}

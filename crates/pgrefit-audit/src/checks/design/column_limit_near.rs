//! A table that soon takes no further column.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The server's limit: `MaxHeapAttributeNumber`.
const LIMIT: i16 = 1_600;

/// From so many on it is told.
const WARN: i16 = 1_200;

/// From so many on it must be acted upon.
const FAIL: i16 = 1_520;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "column-limit-near",
    code: "TYP-12b",
    group: Group::Design,
    title: "A table is near the limit of 1,600 columns, dropped ones included.",
    level: Status::Fail,
    required: false,
    matters: "A dropped column keeps its number for good, and ADD COLUMN fails once 1,600 are used: programs that add and drop \
              columns again and again come there with a table of ten. VACUUM FULL does not help. Told from 1,200 on, a failure \
              from 1,520 on.",
    cure: "Copy it to a new table and swap the names. A column that is used anew instead of dropped costs no number.",
    sources: &[Source::Relations, Source::Columns],
    example: Some(Example {
        bad: include_str!("column_limit_near/bad.sql"),
        good: include_str!("column_limit_near/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for table in facts.root_tables() {
        ruling.saw();
        let columns = facts.columns(table.oid);
        let Some(used) = columns.last().map(|it| it.number).filter(|used| *used >= WARN) else { continue };
        let status = if used >= FAIL { Status::Fail } else { Status::Warn };
        ruling
            .found(
                status,
                facts.name(table.oid),
                format!("{used} of {LIMIT} columns are used up, {} are there", columns.len()),
            )
            .number("columns_used", i32::from(used))
            .number("columns", columns.len())
            .hint("copy it to a new table and swap the names, before ADD COLUMN fails");
    }
}

//! A unique index over rows that are not unique.

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "unique-over-existing-rows",
    title: "A unique index is built over rows that may not be unique.",
    level: Status::Info,
    happens: "One duplicate among the rows that exist makes the build fail (SQLSTATE 23505), and a concurrent build \
         leaves an INVALID index behind. A column that was just added with a default has the same value in \
         every row.",
    safe: "Look for duplicates first: SELECT columns, count(*) FROM table GROUP BY 1 HAVING count(*) > 1. Fill a \
         new column with values of its own before the index is built.",
    before: include_str!("unique_over_existing_rows/before.sql"),
    bad: include_str!("unique_over_existing_rows/bad.sql"),
    good: include_str!("unique_over_existing_rows/good.sql"),
    also: &[],
    claims: &[Claim::Fails("23505"), Claim::LeavesInvalid("orders_code")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::CreateIndex(index) = &action.kind else { return };
    let Some(table) = index.table.as_ref().filter(|table| index.unique && !case.is_new(table)) else {
        return;
    };
    let Some(known) = case.schema.table(table) else { return };
    // Each column by itself must be able to tell rows apart, or none of them together can.
    let same = index.keys.iter().all(|key| {
        let column = key.column.as_deref().and_then(|name| known.column(name));
        column.is_some_and(|column| {
            column.data_type.name == "bool"
                || case.schema.is_enum(&column.data_type)
                || (column.added.is_some_and(|added| added.file == case.moment.file)
                    && column.constant_default
                    && !case.is_filled(table, &column.name))
        })
    });
    if !same || index.partial {
        return;
    }
    let columns: Vec<_> = index.keys.iter().map(|key| key.text.as_str()).collect();
    found
        .add(
            &action.span,
            format!("every row of {table} has the same {}: the index cannot be unique", columns.join(", ")),
        )
        .status(Status::Fail)
        .about(table)
        .caret("SQLSTATE 23505, and an invalid index is left")
        .help("fill the column with values of its own first");
}

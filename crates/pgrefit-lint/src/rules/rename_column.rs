//! A column that is called otherwise.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::quote;
use crate::rule::{Claim, Judge, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "rename-column",
    title: "A column is renamed under the feet of the application.",
    level: Status::Fail,
    happens: "From the moment it commits, every query with the old name fails; no release can use both names at \
         once.",
    safe: "Add a column of the new name, keep both in step by a trigger, backfill, let the application change \
         over, drop the old one later. Or give the table another name and put a view with both names in its \
         place.",
    before: include_str!("rename_column/before.sql"),
    bad: include_str!("rename_column/bad.sql"),
    good: include_str!("rename_column/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive)],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::RenameColumn { table, from, to } = &action.kind else { return };
    let known = case.schema.table(table);
    let added_here =
        known.and_then(|table| table.column(from)?.added).is_some_and(|added| added.file == case.moment.file);
    if case.is_new(table) || added_here {
        return;
    }
    let table_sql = quote::sql(table);
    let (old, new) = (quote::name(from), quote::name(to));
    found
        .add(&action.span, format!("every query that says {table}.{from} fails from here on"))
        .status(case.loss())
        .about(table)
        .caret(format!("is {to} now"))
        .help("add a column of the new name beside the old one, and drop the old one in a later release")
        .sql(
            format!(
                "ALTER TABLE {table_sql} ADD COLUMN {new} …;\n-- a trigger that keeps both in step, then\n-- pgrefit:backfill\n\
                 UPDATE {table_sql} SET {new} = {old};\n-- in a later release:\nALTER TABLE {table_sql} DROP COLUMN {old};"
            ),
            LockMode::AccessExclusive,
        );
}

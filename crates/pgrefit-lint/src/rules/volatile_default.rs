//! A default that is another for each row.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::quote;
use crate::rule::{Claim, Judge, Rule};
use crate::schema::Constancy;
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "volatile-default",
    title: "A column is added with a default for which every row is written anew.",
    level: Status::Fail,
    happens: "A default that is the same for all rows is kept in the catalog and costs nothing. One that calls a \
         volatile function is computed for each row: the table and its indexes are written anew under ACCESS \
         EXCLUSIVE.",
    safe: "ADD COLUMN without default; ALTER COLUMN SET DEFAULT for the rows to come; backfill the others in \
         batches.",
    before: include_str!("volatile_default/before.sql"),
    bad: include_str!("volatile_default/bad.sql"),
    good: include_str!("volatile_default/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive), Claim::Rewrites("orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::AddColumn { table, column, .. } = &action.kind else { return };
    let Some(default) = column.default.as_ref().filter(|_| !case.is_new(table)) else { return };
    let (level, why) = match case.schema.constancy(default) {
        Constancy::Constant => return,
        Constancy::Volatile => (Status::Fail, "is another for each row".to_owned()),
        Constancy::Unknown(function) => {
            (Status::Warn, format!("is another for each row if {function}() is volatile"))
        }
    };
    let table_sql = quote::sql(table);
    let name = quote::name(&column.name);
    found
        .add(&action.span, format!("the default {} {why}: all of {table} is written anew while nobody can use it", default.text))
        .status(level)
        .about(table)
        .caret(format!("ACCESS EXCLUSIVE on {table} until it is written"))
        .cost(case.cost(table, Cost::Rewrite))
        .help("add the column without default, set the default, then backfill")
        .sql(
            format!(
                "ALTER TABLE {table_sql} ADD COLUMN {name} {};\nALTER TABLE {table_sql} ALTER COLUMN {name} SET DEFAULT {};\n\
                 -- in a later migration:\n-- pgrefit:backfill\nUPDATE {table_sql} SET {name} = DEFAULT WHERE {name} IS NULL;",
                column.data_type, default.text
            ),
            LockMode::AccessExclusive,
        );
}

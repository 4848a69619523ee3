//! A serial or identity column on a table with rows.

use pgrefit_report::Status;
use pgrefit_sql::{LockMode, Relation};

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::quote;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "identity-on-existing-table",
    title: "A serial or identity column is added, for which every row is written anew.",
    level: Status::Fail,
    happens: "Each row gets a number of its own: the table and its indexes are written anew under ACCESS EXCLUSIVE.",
    safe: "Add a plain bigint column; make a sequence and set it as the default for the rows to come; backfill \
         the others in batches; then NOT NULL by a validated CHECK.",
    before: include_str!("identity_on_existing_table/before.sql"),
    bad: include_str!("identity_on_existing_table/bad.sql"),
    good: include_str!("identity_on_existing_table/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive), Claim::Rewrites("orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::AddColumn { table, column, .. } = &action.kind else { return };
    if case.is_new(table) || !(column.identity || column.data_type.is_serial()) {
        return;
    }
    let table_sql = quote::sql(table);
    let sequence =
        quote::sql(&Relation { name: format!("{}_{}_seq", table.name, column.name), ..table.clone() })
            .to_string();
    let (name, literal) = (quote::name(&column.name), sequence.replace('\'', "''"));
    found
        .add(&action.span, format!("numbers each row: all of {table} is written anew while nobody can use it"))
        .about(table)
        .caret(format!("ACCESS EXCLUSIVE on {table} until it is written"))
        .cost(case.cost(table, Cost::Rewrite))
        .help("a plain column, a sequence as its default, a backfill")
        .sql(
            format!(
                "ALTER TABLE {table_sql} ADD COLUMN {name} bigint;\nCREATE SEQUENCE {sequence} OWNED BY {table_sql}.{name};\n\
                 ALTER TABLE {table_sql} ALTER COLUMN {name} SET DEFAULT nextval('{literal}');\n\
                 -- in a later migration:\n-- pgrefit:backfill\nUPDATE {table_sql} SET {name} = DEFAULT WHERE {name} IS NULL;"
            ),
            LockMode::AccessExclusive,
        );
}

//! A stored generated column on a table with rows.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Generated, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "stored-generated-column",
    title: "A stored generated column is added, for which every row is written anew.",
    level: Status::Fail,
    happens: "A STORED column is part of each row: the table and its indexes are written anew under ACCESS \
         EXCLUSIVE. Without STORED or VIRTUAL a generated column is stored up to PostgreSQL 17 and virtual from \
         18 on.",
    safe: "A VIRTUAL column from PostgreSQL 18 on; before it a plain column that a trigger fills and a backfill \
         completes, or an index on the expression.",
    before: include_str!("stored_generated_column/before.sql"),
    bad: include_str!("stored_generated_column/bad.sql"),
    good: include_str!("stored_generated_column/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive), Claim::Rewrites("orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let (table, how) = match &action.kind {
        Kind::AddColumn { table, column, .. } => {
            let stored = match column.generated {
                Some(Generated::Stored) => true,
                Some(Generated::Unsaid) => case.server_major < 18,
                _ => false,
            };
            if !stored {
                if column.generated.is_some() && column.not_null && !case.is_new(table) {
                    found
                        .add(&action.span, format!("computes the column for every row of {table} while nobody can use it, to look for nulls"))
                        .about(table)
                        .cost(case.cost(table, Cost::Scan))
                        .help("leave NOT NULL out: a column that is computed needs no such promise");
                }
                return;
            }
            (table, "is stored in each row")
        }
        Kind::SetExpression { table, column } => {
            let known = case.schema.table(table).and_then(|table| table.column(column)?.generated);
            if known == Some(Generated::Virtual) {
                return;
            }
            (table, "is computed for each row again")
        }
        _ => return,
    };
    if case.is_new(table) {
        return;
    }
    found
        .add(
            &action.span,
            format!("the generated column {how}: all of {table} is written anew while nobody can use it"),
        )
        .about(table)
        .caret(format!("ACCESS EXCLUSIVE on {table} until it is written"))
        .cost(case.cost(table, Cost::Rewrite))
        .help(if case.server_major < 18 {
            "a plain column, filled by a trigger and a backfill; or an index on the expression"
        } else {
            "a VIRTUAL column, which costs nothing; or a plain one, filled by a trigger and a backfill"
        });
}

//! A table that is called otherwise.

use pgrefit_report::Status;
use pgrefit_sql::{LockMode, Relation};

use crate::action::Kind;
use crate::case::FileCase;
use crate::found::Found;
use crate::quote;
use crate::rule::{Claim, Judge, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "rename-table",
    title: "A table is renamed or moved under the feet of the application.",
    level: Status::Fail,
    happens: "From the moment it commits, every query with the old name fails.",
    safe: "Rename it and put a view of the old name in its place in the same transaction: a plain view can be \
         written through. Drop the view when nobody uses it.",
    before: include_str!("rename_table/before.sql"),
    bad: include_str!("rename_table/bad.sql"),
    good: include_str!("rename_table/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive)],
    judge: Judge::File(judge),
};

fn judge(case: &FileCase<'_>, found: &mut Found) {
    for (at, (moment, action)) in case.actions.iter().enumerate() {
        let (table, moved) = match &action.kind {
            Kind::RenameTable { table, to } => (table, Relation { name: to.clone(), ..table.clone() }),
            Kind::SetSchema { table, schema } => {
                (table, Relation { schema: Some(schema.clone()), ..table.clone() })
            }
            _ => continue,
        };
        // Another table or a view takes the name in the same transaction.
        let replaced =
            case.actions.iter().filter(|(other, _)| other == moment).any(|(_, action)| match &action.kind {
                Kind::CreateView(view) => view.name.name == table.name,
                Kind::RenameTable { to, .. } => *to == table.name,
                _ => false,
            });
        // A table that the file made, under whatever name, is nobody's yet.
        let made_here = case.actions[..at].iter().any(|(_, earlier)| match &earlier.kind {
            Kind::CreateTable(new) => new.name.as_ref().is_some_and(|name| name.name == table.name),
            Kind::RenameTable { to, .. } => *to == table.name,
            _ => false,
        });
        if replaced || made_here {
            continue;
        }
        let table_sql = quote::sql(table);
        let new = quote::sql(&moved);
        found
            .add(&action.span, format!("every query that says {table} fails from here on"))
            .status(if case.is_migration { Status::Fail } else { Status::Warn })
            .about(table)
            .caret(format!("is {moved} now"))
            .help("put a view of the old name in its place, in the same transaction")
            .sql(format!("CREATE VIEW {table_sql} AS SELECT * FROM {new};"), LockMode::AccessExclusive);
    }
}

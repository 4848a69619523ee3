//! One transaction that keeps everybody out of two tables.

use std::collections::HashSet;

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::case::{Case, Held};
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::schema::{Key, shown};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "several-strong-locks",
    title: "One transaction takes the strongest lock on more than one table.",
    level: Status::Warn,
    happens: "It holds the first lock while it waits for the second: everybody waits for a table that is not even \
         being changed. And a query that uses both tables in the other order makes it a deadlock.",
    safe: "Give each table a migration of its own: `pgrefit migrate split FILE` writes them.",
    before: include_str!("several_strong_locks/before.sql"),
    bad: include_str!("several_strong_locks/bad.sql"),
    good: include_str!("several_strong_locks/good.sql"),
    also: &[],
    claims: &[
        Claim::Locks("orders", LockMode::AccessExclusive),
        Claim::Locks("customers", LockMode::AccessExclusive),
    ],
    judge: Judge::Statement(judge),
};

fn judge(case: &Case<'_>, found: &mut Found) {
    let strong = |held: &&Held| held.mode.blocks_reads();
    let mut tables: Vec<&Key> = case.locks.iter().filter(strong).map(|held| &held.table).collect();
    let mut seen = HashSet::new();
    tables.retain(|table| seen.insert(*table));
    let Some(first) = tables.first() else { return };
    let mut before = case.held.iter().filter(strong);
    let Some(held) = before.find(|held| !tables.contains(&&held.table)) else {
        // Statements that name several tables; a partition goes with its parent.
        let names_them = ["DROP", "TRUNCATE", "LOCK", "DO", "CALL", "SELECT"]
            .iter()
            .any(|word| case.effect.command.starts_with(word));
        if let ([first, second, ..], true, 0) =
            (tables.as_slice(), names_them, case.held.iter().filter(strong).count())
        {
            let list = tables.iter().map(|table| shown(table)).collect::<Vec<_>>().join(", ");
            found
                .add(&case.statement, message(second, first))
                .caret(format!("ACCESS EXCLUSIVE on {list}"))
                .help("give each table a statement and a migration of its own");
        }
        return;
    };
    // It is said once, at the second table.
    if case.held.iter().filter(strong).any(|other| other.table != held.table) {
        return;
    }
    found
        .add(&case.statement, message(first, &held.table))
        .caret(format!("ACCESS EXCLUSIVE on {}", shown(first)))
        .label(
            &held.statement,
            format!("ACCESS EXCLUSIVE on {} until the end of the transaction", shown(&held.table)),
        )
        .help("give each table a migration of its own: `pgrefit migrate split FILE`");
}

fn message(next: &Key, held: &Key) -> String {
    format!("waits for {} while it keeps everybody out of {}", shown(next), shown(held))
}

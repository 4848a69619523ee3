//! One transaction that keeps everybody out of two tables.

use pgrefit_report::Status;
use pgrefit_sql::{Lock, LockMode, RelationKind};

use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::schema::{Key, shown};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "several-strong-locks",
    title: "One transaction takes the strongest lock on more than one table.",
    level: Status::Fail,
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
    let strong = |lock: &&Lock| lock.mode.blocks_reads() && !case.is_new(&lock.relation);
    let tables: Vec<Key> = {
        let mut tables: Vec<Key> = Vec::new();
        for lock in case.effect.locks.iter().filter(strong) {
            let key = case.schema.owner(&lock.relation);
            // An index that is not known may be one of the tables that are.
            let is_lost =
                lock.relation.kind == RelationKind::Index && case.schema.index(&lock.relation).is_none();
            if !is_lost && !tables.contains(&key) && !case.schema.views.contains_key(&key) {
                tables.push(key);
            }
        }
        tables
    };
    let Some(first) = tables.first() else { return };
    let held = case.held.iter().find(|held| {
        held.mode.blocks_reads()
            && !tables.contains(&held.table)
            && !case.schema.views.contains_key(&held.table)
    });
    if let Some(held) = held {
        // It is said once, at the second table.
        let mut others = case.held.iter().filter(|other| other.mode.blocks_reads()).map(|other| &other.table);
        if others.any(|other| *other != held.table) {
            return;
        }
        found
            .add(
                &case.statement,
                format!("waits for {} while it keeps everybody out of {}", shown(first), shown(&held.table)),
            )
            .caret(format!("ACCESS EXCLUSIVE on {}", shown(first)))
            .label(
                &held.statement,
                format!("ACCESS EXCLUSIVE on {} until the end of the transaction", shown(&held.table)),
            )
            .help("give each table a migration of its own: `pgrefit migrate split FILE`");
    } else if let [first, second, ..] = tables.as_slice()
        && case.held.iter().all(|held| !held.mode.blocks_reads())
    {
        found
            .add(
                &case.statement,
                format!("waits for {} while it keeps everybody out of {}", shown(second), shown(first)),
            )
            .caret(format!("ACCESS EXCLUSIVE on {}", tables.iter().map(shown).collect::<Vec<_>>().join(", ")))
            .help("give each table a statement and a migration of its own");
    }
}

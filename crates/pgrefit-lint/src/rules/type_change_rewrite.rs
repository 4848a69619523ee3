//! A type change that writes the table anew.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind, NewIndex};
use crate::case::Case;
use crate::conversion::{change, is_utc};
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::types::TypeChange;
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "type-change-rewrite",
    title: "A column gets a type for which every row is written anew.",
    level: Status::Fail,
    happens: "The table and all its indexes are written into new files under ACCESS EXCLUSIVE; twice the space is \
         needed meanwhile. Only some changes are free: a varchar made longer, varchar to text, a numeric with \
         more digits before the point, timestamp to timestamptz while the session is in UTC.",
    safe: "Add a second column of the new type, keep it in step by a trigger, backfill it, and let the \
         application change over; drop the old column when nobody reads it. `pgrefit migrate split` writes \
         these steps.",
    before: include_str!("type_change_rewrite/before.sql"),
    bad: include_str!("type_change_rewrite/bad.sql"),
    good: include_str!("type_change_rewrite/good.sql"),
    also: &["type-change-breaks-prepared"],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive), Claim::Rewrites("orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::SetType { table, column, to, using, collate } = &action.kind else { return };
    if case.is_new(table) {
        return;
    }
    let old = case.schema.column_type(table, column);
    let change = change(case.schema, old, to, column, using.as_deref());
    let utc = case.schema.settings.time_zone.as_deref().map(is_utc);
    let key = case.schema.key(table);
    let indexes: Vec<&NewIndex> = case.schema.indexes_of(&key).map(|(_, index)| &index.new).collect();
    let on_it = |index: &NewIndex| index.keys.iter().any(|key| key.column.as_deref() == Some(column));
    let is_key = indexes.iter().any(|index| on_it(index))
        || case.schema.table(table).is_some_and(|table| table.has_key_on(column));
    // The server does not look into conditions and expressions: it builds such an index anew (`CheckIndexCompatible`).
    let computed = indexes.iter().find(|index| {
        let plain = index.keys.iter().all(|key| key.column.is_some()) && !index.partial;
        !plain && (on_it(index) || index.definition.contains(column.as_str()))
    });
    let from = old.map_or_else(|| format!("to {to}"), |old| format!("from {old} to {to}"));
    let (level, message, help) = match change {
        TypeChange::Rewrite => (
            Status::Fail,
            format!("{from}: every row of {table} is written anew while nobody can use it"),
            "add a column of the new type, backfill it, change over: `pgrefit migrate split` writes the steps",
        ),
        TypeChange::CatalogOnly if *collate && is_key => (
            Status::Fail,
            format!("another collation: the indexes on {column} are built anew while nobody can use {table}"),
            "drop the index concurrently before, and build it concurrently afterwards",
        ),
        TypeChange::CatalogOnlyInUtc if utc == Some(false) => (
            Status::Fail,
            format!("{from}: every row of {table} is written anew, because the session is not in UTC"),
            "SET LOCAL timezone = 'UTC' before it, if the values are in UTC",
        ),
        TypeChange::CatalogOnlyInUtc | TypeChange::Reindexed if is_key => (
            Status::Fail,
            format!("{from}: the indexes on {column} are built anew while nobody can use {table}"),
            "drop the index concurrently before, and build it concurrently afterwards",
        ),
        TypeChange::CatalogOnlyInUtc if utc.is_none() => (
            Status::Warn,
            format!("{from}: every row of {table} is written anew unless the session's time zone is UTC"),
            "SET LOCAL timezone = 'UTC' before it, if the values are in UTC",
        ),
        TypeChange::CatalogOnly if computed.is_some() => (
            Status::Fail,
            format!(
                "{from}: {} has a condition or an expression and is built anew while nobody can use {table}",
                computed.and_then(|index| index.name.as_deref()).unwrap_or("an index")
            ),
            "drop the index concurrently before, and build it concurrently afterwards",
        ),
        TypeChange::Unknown if !to.modifiers.is_empty() => (
            Status::Info,
            format!(
                "{from}: free if {column} is a shorter {to_name} now, else every row of {table} is written anew",
                to_name = to.name
            ),
            "show the linter the schema: --schema FILE, or earlier migrations in the same folder",
        ),
        _ => return,
    };
    let draft = found.add(&action.span, message);
    draft.status(level).about(table).help(help).cost(case.cost(table, Cost::Rewrite));
    if level == Status::Fail {
        draft.caret(format!("ACCESS EXCLUSIVE on {table} until it is written"));
    }
}

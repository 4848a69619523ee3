//! An index dropped under the strongest lock.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::schema::{Table, shown};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "drop-index-without-concurrently",
    title: "An index is dropped under the strongest lock on its table.",
    level: Status::Info,
    happens: "DROP INDEX takes ACCESS EXCLUSIVE on the table. It is short, but it waits for every transaction that \
         uses the table, and everybody else waits behind it.",
    safe: "DROP INDEX CONCURRENTLY, outside of a transaction, waits without holding anybody up.",
    before: include_str!("drop_index_without_concurrently/before.sql"),
    bad: include_str!("drop_index_without_concurrently/bad.sql"),
    good: include_str!("drop_index_without_concurrently/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive)],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::DropIndex { index, concurrently: false } = &action.kind else { return };
    let known = case.schema.index(index);
    let is_new = known.is_some_and(|index| index.made.is_some_and(|made| made.file == case.moment.file));
    // A partitioned index cannot be dropped concurrently.
    let partitioned =
        known.and_then(|known| case.schema.tables.get(&known.table)).is_some_and(Table::is_partitioned);
    if is_new || case.is_new(index) || partitioned {
        return;
    }
    let table = known.map_or_else(|| "its table".to_owned(), |known| shown(&known.table));
    found
        .add(&action.span, format!("drops {} under ACCESS EXCLUSIVE on {table}", index.name))
        .about(index)
        .help("DROP INDEX CONCURRENTLY, which runs outside of a transaction");
}

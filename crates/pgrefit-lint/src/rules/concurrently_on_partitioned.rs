//! CONCURRENTLY on a partitioned table.

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::schema::{Table, shown};
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "concurrently-on-partitioned",
    title: "CONCURRENTLY is said of a partitioned table.",
    level: Status::Fail,
    happens: "The server cannot build or drop an index of a partitioned table concurrently; it refuses the statement \
         (SQLSTATE 0A000).",
    safe: "CREATE INDEX ON ONLY the parent, which reads no row; CREATE INDEX CONCURRENTLY on each partition; \
         ALTER INDEX … ATTACH PARTITION for each of them.",
    before: include_str!("concurrently_on_partitioned/before.sql"),
    bad: include_str!("concurrently_on_partitioned/bad.sql"),
    good: include_str!("concurrently_on_partitioned/good.sql"),
    also: &[],
    claims: &[Claim::Fails("0A000")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let table = match &action.kind {
        Kind::CreateIndex(index) if index.concurrently => {
            index.table.as_ref().map(|table| case.schema.key(table))
        }
        Kind::DropIndex { index, concurrently: true } => {
            case.schema.index(index).map(|index| index.table.clone())
        }
        _ => None,
    };
    let Some(key) = table else { return };
    if !case.schema.tables.get(&key).is_some_and(Table::is_partitioned) {
        return;
    }
    let table = shown(&key);
    found
        .add(&action.span, format!("{table} is partitioned: the server refuses CONCURRENTLY on it"))
        .caret("SQLSTATE 0A000")
        .help("make the index ON ONLY the parent, then CONCURRENTLY on each partition, and attach them");
}

//! IF NOT EXISTS that takes an invalid index for done.

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Judge, Rule};
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "concurrent-index-if-not-exists",
    title: "A concurrent index that failed before is taken for done.",
    level: Status::Warn,
    happens: "A CREATE INDEX CONCURRENTLY that is interrupted leaves an INVALID index behind. IF NOT EXISTS finds \
         its name and is content: the migration is recorded as applied, and no query can use the index.",
    safe: "DROP INDEX CONCURRENTLY IF EXISTS before it, without IF NOT EXISTS behind it. (pgrefit looks at the \
         index itself: it drops an invalid one and builds it again, so this is only said of files for other \
         runners.)",
    before: include_str!("concurrent_index_if_not_exists/before.sql"),
    bad: include_str!("concurrent_index_if_not_exists/bad.sql"),
    good: include_str!("concurrent_index_if_not_exists/good.sql"),
    also: &[],
    claims: &[],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::CreateIndex(index) = &action.kind else { return };
    if case.is_migration || !index.concurrently || !index.if_not_exists {
        return;
    }
    let Some(name) = &index.name else { return };
    let dropped = case.earlier.iter().any(|(moment, earlier)| {
        matches!(&earlier.kind, Kind::DropIndex { index, .. } if index.name == *name)
            && moment.file == case.moment.file
    });
    if dropped {
        return;
    }
    // Where the table is known without the index, only a second run of this file would meet a leftover.
    let known =
        index.table.as_ref().and_then(|table| case.schema.table(table)).is_some_and(|table| table.complete);
    found
        .add(&action.span, format!("an invalid leftover of {name} would be taken for the index"))
        .status(if known { Status::Info } else { Status::Warn })
        .help(format!("DROP INDEX CONCURRENTLY IF EXISTS {name}; before it, and no IF NOT EXISTS"));
}

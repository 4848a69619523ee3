//! The key that rows are known by.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, ConstraintKind, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "drop-primary-key",
    title: "The primary key is dropped.",
    level: Status::Fail,
    happens: "Without it a table in a publication refuses UPDATE and DELETE (its replica identity is gone), foreign \
         keys to it go with CASCADE, and a backfill has no key to go by.",
    safe: "Build the new key first: CREATE UNIQUE INDEX CONCURRENTLY; then drop the old one and add the new one \
         USING INDEX in one ALTER TABLE.",
    before: include_str!("drop_primary_key/before.sql"),
    bad: include_str!("drop_primary_key/bad.sql"),
    good: include_str!("drop_primary_key/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive)],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::DropConstraint { table, name, .. } = &action.kind else { return };
    if case.is_new(table) {
        return;
    }
    let known = case.schema.table(table).and_then(|table| table.constraint(name));
    let is_key = match known {
        Some(constraint) => matches!(constraint.kind, ConstraintKind::PrimaryKey { .. }),
        None => name.ends_with("_pkey"),
    };
    // One statement that puts another one in its place leaves no gap.
    let text = case.text.to_lowercase();
    if is_key && !(text.contains("primary key") && text.contains("using index")) {
        found
            .add(&action.span, format!("{table} is without a primary key from here on"))
            .about(table)
            .help("replace it in one ALTER TABLE by a unique index that was built concurrently");
    }
}

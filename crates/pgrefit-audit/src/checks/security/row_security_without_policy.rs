//! Tables whose row security has no policy.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "row-security-without-policy",
    code: "SEC-06",
    group: Group::Security,
    title: "Row security is on, and there is no policy.",
    level: Status::Info,
    required: false,
    matters: "Without a policy nobody but the owner and roles that bypass row security sees a row or can write \
              one. That may be meant, to lock a table; then there is nothing to do. Partitions are left out: \
              locking them against direct access is common.",
    cure: "Make a policy, or disable row security.",
    sources: &[Source::Relations, Source::Policies],
    example: Some(Example {
        bad: include_str!("row_security_without_policy/bad.sql"),
        good: include_str!("row_security_without_policy/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for table in facts.root_tables().filter(|table| table.row_security) {
        ruling.saw();
        if facts.policies(table.oid).next().is_none() {
            let name = facts.name(table.oid);
            ruling
                .info(&name, format!("nobody but its owner sees a row of {name}: there is no policy"))
                .number("forced", table.row_security_forced)
                .hint("if it is not meant, CREATE POLICY");
        }
    }
}

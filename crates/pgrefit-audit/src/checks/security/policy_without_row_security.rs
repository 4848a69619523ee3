//! Policies that have no effect.

use std::collections::BTreeMap;

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "policy-without-row-security",
    code: "SEC-06b",
    group: Group::Security,
    title: "A table has policies, and its row security is off.",
    level: Status::Fail,
    required: true,
    matters: "The policies have no effect: whoever may read the table sees every row. Either somebody forgot \
              ENABLE ROW LEVEL SECURITY, or disabled it for a while and did not come back.",
    cure: "Enable row security after testing that the policies let through what they should.",
    sources: &[Source::Relations, Source::Policies],
    example: Some(Example {
        bad: include_str!("policy_without_row_security/bad.sql"),
        good: include_str!("policy_without_row_security/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let mut policies: BTreeMap<u32, usize> = BTreeMap::new();
    for policy in &facts.census.policies {
        *policies.entry(policy.relation).or_default() += 1;
    }
    for (oid, count) in policies {
        let Some(table) = facts.relation(oid).filter(|table| !table.of_extension) else { continue };
        ruling.saw();
        if !table.row_security {
            let name = facts.name(oid);
            let verb = if count == 1 { "has" } else { "have" };
            ruling
                .fail(
                    &name,
                    format!("{} of {name} {verb} no effect: row security is off", counted_policies(count)),
                )
                .number("policies", count)
                .sql(format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;"), "ACCESS EXCLUSIVE", true);
        }
    }
}

fn counted_policies(count: usize) -> String {
    if count == 1 { "1 policy".to_owned() } else { format!("{count} policies") }
}

//! Policies that let everybody through.

use pgrefit_catalog::census::{Node, Policy, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "policy-always-true",
    code: "SEC-06c",
    group: Group::Security,
    title: "A permissive policy lets everybody write any row.",
    level: Status::Warn,
    required: false,
    matters: "USING (true) or WITH CHECK (true) for all roles makes row security a formality for that command: any \
              row can be changed, or handed to somebody else. Told as something to know where it only lets rows be \
              read. Left out are policies for named roles, and tables that have a restrictive policy for the same \
              command, which is how the two are meant to work together.",
    cure: "Name the roles the policy is for, or write the condition.",
    sources: &[Source::Relations, Source::Policies],
    example: Some(Example {
        bad: include_str!("policy_always_true/bad.sql"),
        good: include_str!("policy_always_true/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for policy in facts.census.policies.iter().filter(|policy| policy.permissive && policy.roles.contains(&0))
    {
        let Some(table) = facts.relation(policy.relation) else { continue };
        ruling.saw();
        let bounded = facts
            .policies(table.oid)
            .any(|other| !other.permissive && (other.command == '*' || other.command == policy.command));
        if !table.row_security || bounded {
            continue;
        }
        let Some((status, what)) = judged(policy) else { continue };
        let name = facts.part_name(table.oid, &policy.name);
        ruling
            .found(
                status,
                &name,
                format!(
                    "policy {} lets everybody {what} of {}",
                    quote_ident(&policy.name),
                    facts.name(table.oid)
                ),
            )
            .hint("name roles with TO, or write the condition");
    }
}

fn judged(policy: &Policy) -> Option<(Status, &'static str)> {
    let always = |node: Option<&Node>| node.is_some_and(Node::is_true);
    let (using, check) = (always(policy.using.as_ref()), always(policy.with_check.as_ref()));
    match policy.command {
        'r' if using => Some((Status::Info, "read every row")),
        'a' if check => Some((Status::Warn, "insert any row")),
        'w' if using => Some((Status::Warn, "update any row")),
        'd' if using => Some((Status::Warn, "delete any row")),
        '*' if using => Some((Status::Warn, "read and change any row")),
        'w' | '*' if check => Some((Status::Warn, "write rows that belong to others")),
        _ => None,
    }
}

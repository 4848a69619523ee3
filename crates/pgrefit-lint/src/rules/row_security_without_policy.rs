//! Row security without a policy.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::Kind;
use crate::case::FileCase;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "row-security-without-policy",
    title: "Row security is switched on for a table without a policy.",
    level: Status::Warn,
    happens: "Without a policy nobody but the owner sees a row or may write one: the application finds the table \
         empty from that moment on.",
    safe: "CREATE POLICY in the same transaction, before ENABLE ROW LEVEL SECURITY.",
    before: include_str!("row_security_without_policy/before.sql"),
    bad: include_str!("row_security_without_policy/bad.sql"),
    good: include_str!("row_security_without_policy/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive)],
    judge: Judge::File(judge),
};

fn judge(case: &FileCase<'_>, found: &mut Found) {
    for (_, action) in case.actions {
        let Kind::EnableRowSecurity { table } = &action.kind else { continue };
        let key = case.schema.key(table);
        if case.schema.is_new(&key, case.file)
            || case.schema.tables.get(&key).is_some_and(|table| table.policies)
        {
            continue;
        }
        found
            .add(&action.span, format!("nobody but the owner sees a row of {table} from here on"))
            .about(table)
            .help("make a policy in the same transaction");
    }
}

//! An enum value that is used before it is committed.

use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "enum-value-used-at-once",
    title: "A new enum value is used in the transaction that adds it.",
    level: Status::Fail,
    happens: "A value that ALTER TYPE … ADD VALUE adds cannot be used before the transaction has committed (SQLSTATE \
         55P04), unless the type is new, too.",
    safe: "Leave BEGIN and COMMIT out: pgrefit commits the new value first. Or use it in a later migration.",
    before: include_str!("enum_value_used_at_once/before.sql"),
    bad: include_str!("enum_value_used_at_once/bad.sql"),
    good: include_str!("enum_value_used_at_once/good.sql"),
    also: &["transaction-control"],
    claims: &[Claim::Fails("55P04")],
    judge: Judge::Statement(judge),
};

fn judge(case: &Case<'_>, found: &mut Found) {
    for label in case.schema.fresh_labels(case.moment.file) {
        let quoted = format!("'{}'", label.0.replace('\'', "''"));
        let together = label.1 == case.moment && case.in_explicit_transaction;
        // pgrefit commits the value first; a runner that sends the file as one transaction does not.
        let perhaps = !case.is_migration && !case.in_explicit_transaction;
        if !case.text.contains(&quoted) || case.effect.command == "ALTER TYPE" || !(together || perhaps) {
            continue;
        }
        let message = if together {
            format!("{quoted} cannot be used before the transaction that adds it has committed")
        } else {
            format!("{quoted} cannot be used yet if the file is sent as one transaction")
        };
        found
            .add(&case.statement, message)
            .status(if together { Status::Fail } else { Status::Warn })
            .caret("SQLSTATE 55P04")
            .help("leave BEGIN and COMMIT out, or use it in a later migration");
    }
}

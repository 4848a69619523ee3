//! A constraint that is written down and not kept.

use pgrefit_catalog::census::{ConstraintKind, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "constraint-not-enforced",
    code: "CON-04",
    group: Group::Constraints,
    title: "A constraint is NOT ENFORCED: no row is checked against it.",
    level: Status::Info,
    required: false,
    matters: "It tells people what is meant, and keeps nobody from writing something else. Somebody said so on purpose, so it is \
              to know, not to change; VALIDATE CONSTRAINT refuses it. From PostgreSQL 18 on.",
    cure: "A foreign key: ALTER CONSTRAINT … ENFORCED, which checks all rows. A check: drop it, add it NOT VALID, validate it.",
    sources: &[Source::Constraints, Source::Inheritance],
    example: Some(Example {
        bad: include_str!("constraint_not_enforced/bad.sql"),
        good: include_str!("constraint_not_enforced/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.major() < 18 {
        ruling.skip("every constraint is enforced before PostgreSQL 18");
        return;
    }
    for constraint in facts.declared_constraints() {
        ruling.saw();
        if constraint.enforced {
            continue;
        }
        let table = facts.name(constraint.relation);
        let message = format!("rows of {table} are not checked against it: it is NOT ENFORCED");
        let mut found = ruling.info(facts.constraint_name(constraint), message);
        if constraint.kind == ConstraintKind::ForeignKey {
            let name = quote_ident(&constraint.name);
            found.sql(
                format!("ALTER TABLE {table} ALTER CONSTRAINT {name} ENFORCED;"),
                "ACCESS EXCLUSIVE",
                true,
            );
        } else {
            found.hint("to have it kept, drop it, add it again as NOT VALID, and VALIDATE it");
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{ConstraintKind, RelationKind};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::constraints::constraint;

    #[test]
    fn it_needs_18() {
        let check = |major: u32, expected: Status| {
            let sample = Sample::new(major).relation(100, RelationKind::Table, "t", |_| {}).with(|census| {
                census
                    .constraints
                    .push(constraint(1, 100, "c", ConstraintKind::Check, |it| it.enforced = false));
            });
            assert_eq!(sample.status(&CHECK), expected, "{major}");
        };
        check(17, Status::Skip);
        check(18, Status::Info);
    }
}

//! A constraint that was added without looking at the rows that were there.

use pgrefit_catalog::census::{Constraint, ConstraintKind, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "constraint-not-valid",
    code: "CON-03",
    group: Group::Constraints,
    title: "A constraint is NOT VALID: rows that were there before it may break it.",
    level: Status::Warn,
    required: false,
    matters: "New rows are checked, old ones never were. The planner does not rest on it, an UPDATE of an old row can fail, and \
              a dump of rows that break it cannot be restored. Foreign keys, checks, checks of domains, and from PostgreSQL 18 \
              on NOT NULL are looked at; partitions and children are told with their parent. A constraint that is NOT ENFORCED \
              cannot be validated, and is told by constraint-not-enforced.",
    cure: "VALIDATE CONSTRAINT, which reads the table and lets others write; mend the rows that it names first.",
    sources: &[Source::Constraints, Source::Inheritance],
    example: Some(Example {
        bad: include_str!("constraint_not_valid/bad.sql"),
        good: include_str!("constraint_not_valid/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for constraint in facts.declared_constraints().filter(|it| it.enforced) {
        let Some(what) = what(constraint.kind) else { continue };
        ruling.saw();
        if !constraint.validated {
            report(facts, ruling, constraint, what);
        }
    }
}

/// The kinds that can be NOT VALID.
fn what(kind: ConstraintKind) -> Option<&'static str> {
    match kind {
        ConstraintKind::Check => Some("the check"),
        ConstraintKind::ForeignKey => Some("the foreign key"),
        ConstraintKind::NotNull => Some("NOT NULL"),
        _ => None,
    }
}

fn report(facts: &Facts<'_>, ruling: &mut Ruling, constraint: &Constraint, what: &str) {
    let name = quote_ident(&constraint.name);
    let (sql, lock, of) = if let Some(domain) = &constraint.domain {
        // It keeps writers away from each table that has a column of the domain.
        (format!("ALTER DOMAIN {domain} VALIDATE CONSTRAINT {name};"), "SHARE", domain.clone())
    } else {
        let table = facts.name(constraint.relation);
        (format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name};"), "SHARE UPDATE EXCLUSIVE", table)
    };
    let message = format!("{what} is NOT VALID: values of {of} from before it were never checked");
    let mut found = ruling.warn(facts.constraint_name(constraint), message);
    if constraint.domain.is_none() {
        found.number("rows", facts.rows(constraint.relation));
    }
    found.sql(sql, lock, true);
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{ConstraintKind, RelationKind};

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::constraints::{column, constraint, int4};

    /// A table and its child, each with a constraint of that kind by that name.
    fn sample(kind: ConstraintKind, parent: &str, child: &str) -> Vec<String> {
        let sample = Sample::new(18).relation(100, RelationKind::Table, "parent", |_| {}).relation(
            101,
            RelationKind::Table,
            "child",
            |_| {},
        );
        let sample = sample.with(|census| {
            census.inheritance.push(pgrefit_catalog::census::Inheritance {
                child: 101,
                parent: 100,
                detach_pending: false,
            });
            census.types.push(int4());
            for (relation, name) in [(100, parent), (101, child)] {
                census.columns.push(column(relation, 1, "a", 23));
                census.constraints.push(constraint(relation + 100, relation, name, kind, |it| {
                    it.columns = vec![1];
                    it.validated = false;
                }));
            }
        });
        sample.objects(&CHECK)
    }

    #[test]
    fn what_a_child_inherits_is_told_of_its_parent() {
        assert_eq!(sample(ConstraintKind::Check, "c", "c"), ["public.parent.c"]);
        assert_eq!(sample(ConstraintKind::Check, "c", "own"), ["public.child.own", "public.parent.c"]);
        assert_eq!(sample(ConstraintKind::NotNull, "p_a", "c_a"), ["public.parent.p_a"]);
        assert_eq!(sample(ConstraintKind::Unique, "u", "u"), [""; 0]);
    }
}

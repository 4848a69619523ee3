//! Rules that rewrite statements.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "rewrite-rule",
    code: "TYP-14b",
    group: Group::Design,
    title: "A rule rewrites the statements on a table or view.",
    level: Status::Warn,
    required: false,
    matters: "A rule changes the statement and not the row: an expression such as random() or nextval() may be computed twice, \
              INSERT … RETURNING and the number of rows come out wrong, ON CONFLICT and COPY do not work with it. A trigger \
              does what was meant. One that is disabled is not told.",
    cure: "A trigger, of a view INSTEAD OF; a partitioned table, where the rule sends rows to others. Then drop the rule.",
    sources: &[Source::Rules, Source::Relations],
    example: Some(Example {
        bad: include_str!("rewrite_rule/bad.sql"),
        good: include_str!("rewrite_rule/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for rule in &facts.census.rules {
        let Some(relation) = facts.relation(rule.relation).filter(|it| !it.of_extension) else { continue };
        ruling.saw();
        // It rewrites nothing.
        if rule.enabled == 'D' {
            continue;
        }
        let name = facts.name(relation.oid);
        ruling
            .warn(facts.part_name(relation.oid, &rule.name), format!("a rule rewrites statements on {name}"))
            .hint(format!(
                "when a trigger has taken its place: DROP RULE {} ON {name}",
                quote_ident(&rule.name)
            ));
    }
}

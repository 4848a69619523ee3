//! Autovacuum that is switched off for one table.

use pgrefit_catalog::census::{Relation, RelationKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "table-autovacuum-off",
    code: "VAC-05b",
    group: Group::Vacuum,
    title: "Autovacuum is switched off for a table.",
    level: Status::Warn,
    required: false,
    matters: "The table is vacuumed and analysed only by hand, or against wraparound. Often it was switched off for a load and \
              never on again. A TOAST table has the option for itself; without options of its own it follows its table.",
    cure: "Reset the option. If autovacuum was in the way, give the table other thresholds instead.",
    sources: &[Source::Relations],
    example: Some(Example {
        bad: include_str!("table_autovacuum_off/bad.sql"),
        good: include_str!("table_autovacuum_off/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let is_heap =
        |kind| matches!(kind, RelationKind::Table | RelationKind::MaterializedView | RelationKind::Toast);
    let ours = |it: &&Relation| is_heap(it.kind) && !facts.is_of_extension(it) && it.persistence != 't';
    for relation in facts.census.relations.iter().filter(ours) {
        ruling.saw();
        if !Facts::option(&relation.options, "autovacuum_enabled").is_some_and(is_off) {
            continue;
        }
        let owner = facts.toast_owner(relation.oid).unwrap_or(relation.oid);
        let view = facts.relation(owner).is_some_and(|it| it.kind == RelationKind::MaterializedView);
        let what = if view { "MATERIALIZED VIEW" } else { "TABLE" };
        let toast = if owner == relation.oid { "" } else { "toast." };
        let (name, table) = (facts.name(relation.oid), facts.name(owner));
        ruling
            .warn(name.clone(), format!("{name} is vacuumed only by hand, or against wraparound"))
            .number("rows", facts.statistics(relation.oid).map(|it| it.live))
            .number("dead_rows", facts.statistics(relation.oid).map(|it| it.dead))
            .sql(
                format!("ALTER {what} {table} RESET ({toast}autovacuum_enabled);"),
                "SHARE UPDATE EXCLUSIVE",
                true,
            );
    }
}

/// As the server reads a boolean: it takes what begins `off`, `false`, `no`.
fn is_off(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let begins = |word: &str, least: usize| value.len() >= least && word.starts_with(&value);
    value == "0" || begins("off", 2) || begins("false", 1) || begins("no", 1)
}

#[cfg(test)]
mod tests {
    use super::is_off;

    #[test]
    fn booleans_are_read_as_the_server_reads_them() {
        let check = |value: &str, expected: bool| assert_eq!(is_off(value), expected, "{value}");
        check("false", true);
        check("OFF", true);
        check("f", true);
        check("0", true);
        check("no", true);
        check("true", false);
        check("on", false);
        check("1", false);
        check("", false);
    }
}

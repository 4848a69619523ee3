//! Tables whose rows are elsewhere.

use pgrefit_catalog::census::{RelationKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "foreign-table",
    code: "TYP-14d",
    group: Group::Design,
    title: "The rows of a table are on another server.",
    level: Status::Info,
    required: false,
    matters: "A foreign table is in no backup of this database, no key guards it here, autovacuum does not analyse it, and a query or \
              a pg_dump of everything depends on the other server. It is told because a list of tables does not show it.",
    cure: "Nothing, if that is meant. ANALYZE it by a job of its own, if joins with it are slow.",
    sources: &[Source::Relations],
    example: Some(Example {
        bad: include_str!("foreign_table/bad.sql"),
        good: include_str!("foreign_table/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for table in facts.census.relations.iter().filter(|it| it.kind == RelationKind::Foreign) {
        if table.of_extension {
            continue;
        }
        ruling.saw();
        let kind = if table.is_partition { "a partition, and" } else { "its rows" };
        let told =
            &mut ruling.info(facts.name(table.oid), format!("{kind} on another server: a foreign table"));
        told.number("rows", table.rows);
        if table.rows.is_none() {
            told.hint("the planner knows nothing of it: ANALYZE it, autovacuum does not");
        }
    }
}

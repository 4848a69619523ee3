//! Tables that inherit, and are no partitions.

use pgrefit_catalog::census::{RelationKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "table-inheritance",
    code: "TYP-14",
    group: Group::Design,
    title: "Tables inherit from a table that is not partitioned.",
    level: Status::Info,
    required: false,
    matters: "A query of the parent reads the children, too, but primary keys, unique constraints and foreign keys count for one \
              table only: a key can be there twice, and a row of a child cannot be referred to. Where it was made to divide a \
              large table, PARTITION BY does it better since 10.",
    cure: "Partitioning, or tables of their own with a view over them.",
    sources: &[Source::Relations, Source::Inheritance],
    example: Some(Example {
        bad: include_str!("table_inheritance/bad.sql"),
        good: include_str!("table_inheritance/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for table in facts.root_tables().filter(|it| it.kind == RelationKind::Table) {
        ruling.saw();
        let children = facts.children(table.oid);
        if !children.is_empty() {
            let names: Vec<_> = children.iter().take(3).map(|it| facts.name(*it)).collect();
            let more = if children.len() > names.len() { ", …" } else { "" };
            ruling
                .info(facts.name(table.oid), format!("tables inherit from it: {}{more}", names.join(", ")))
                .number("children", children.len())
                .hint("keys count for one table only; PARTITION BY divides a table better");
        }
    }
}

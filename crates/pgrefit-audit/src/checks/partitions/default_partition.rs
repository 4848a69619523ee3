//! A default partition, and the rows that no other takes.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "default-partition",
    code: "PAR-02",
    group: Group::Partitions,
    title: "A table partitioned by range has a default partition.",
    level: Status::Warn,
    required: false,
    matters: "Rows in it belong to partitions that are missing, and those cannot be made before the rows were moved: that is a \
              warning. Empty, it is something to know: attaching a partition reads all of it under an ACCESS EXCLUSIVE lock, and \
              DETACH PARTITION … CONCURRENTLY is refused. For lists it is often meant, so only rows in it are told there, \
              as something to know. Rows are those of the last ANALYZE, or those that the counters count.",
    cure: "Move the rows to partitions of their own, and make partitions ahead instead.",
    sources: &[Source::Relations, Source::Inheritance, Source::PartitionKeys, Source::RelationStatistics],
    example: Some(Example {
        bad: include_str!("default_partition/bad.sql"),
        good: include_str!("default_partition/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (table, key) in facts.partitioned() {
        ruling.saw();
        let Some(default) = key.default_partition else { continue };
        let rows: f64 = facts.leaf_tables(default).into_iter().map(|leaf| rows(facts, leaf)).sum();
        let by_range = key.strategy == 'r';
        let (parent, name) = (facts.name(table.oid), facts.name(default));
        if rows > 0.0 {
            let status = if by_range { Status::Warn } else { Status::Info };
            ruling
                .found(
                    status,
                    name,
                    format!("about {rows:.0} rows of {parent} are in no partition of their own"),
                )
                .number("rows", rows)
                .number("bytes", Cell::Bytes(facts.tree_bytes(default)))
                .hint(
                    "move them: make a table, DELETE … RETURNING into it, and attach it, in one transaction",
                );
        } else if by_range {
            ruling.info(name.clone(), format!("{parent} has a default partition")).number("rows", 0).sql(
                format!("ALTER TABLE {parent} DETACH PARTITION {name};"),
                "ACCESS EXCLUSIVE",
                true,
            );
        }
    }
}

/// Rows of a table, as far as anything tells.
fn rows(facts: &Facts<'_>, leaf: u32) -> f64 {
    let counted = facts.statistics(leaf).map_or(0.0, |it| crate::facts::indexes::float(it.live));
    facts.rows(leaf).unwrap_or(0.0).max(counted)
}

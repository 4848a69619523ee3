//! An old partition that retention passed over.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "partition-left-behind",
    code: "PAR-11",
    group: Group::Partitions,
    title: "A partition is much older than the others: what came after it is gone.",
    level: Status::Info,
    required: false,
    matters: "Where old partitions are dropped by age, one that stays behind was forgotten, or could not be dropped because rows \
              elsewhere refer to it. It is told by a gap behind it that is as wide as three partitions, and that lies in the past.",
    cure: "Detach and drop it, or note why it stays.",
    sources: &[Source::Relations, Source::Inheritance, Source::PartitionKeys, Source::Columns, Source::Types],
    example: Some(Example {
        bad: include_str!("partition_left_behind/bad.sql"),
        good: include_str!("partition_left_behind/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for ranges in facts.ranges().filter(|ranges| ranges.axis.day().is_some()) {
        ruling.saw();
        let spans = &ranges.spans;
        let is_gap = |at: &usize| facts.is_left_behind(&ranges, &spans[*at - 1], &spans[*at]);
        // All before the last such gap are old.
        let Some(young) = (1..spans.len()).rev().find(is_gap) else { continue };
        let table = facts.name(ranges.table.oid);
        for span in &spans[..young] {
            let name = facts.name(span.oid);
            let mut found =
                ruling.info(name.clone(), format!("most partitions of its time are gone from {table}"));
            found
                .number("ends_at", span.upper.map(|it| ranges.axis.literal(it)))
                .number("bytes", Cell::Bytes(facts.tree_bytes(span.oid)));
            if ranges.key.default_partition.is_none() {
                // Within reach of a way back: the table itself stays.
                let sql = format!("ALTER TABLE {table} DETACH PARTITION {name} CONCURRENTLY;");
                found.sql(sql, "SHARE UPDATE EXCLUSIVE", true);
            } else {
                let sql = format!("ALTER TABLE {table} DETACH PARTITION {name};");
                found.sql(sql, "ACCESS EXCLUSIVE", true);
            }
        }
    }
}

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
              elsewhere refer to it. It is told by a gap behind it that is as wide as three partitions, and that lies in the past. \
              Where a foreign key refers to the table, DETACH PARTITION is refused while rows refer to the partition, so no \
              statement is given.",
    cure: "Detach and drop it, or note why it stays.",
    sources: &[
        Source::Relations,
        Source::Inheritance,
        Source::PartitionKeys,
        Source::Columns,
        Source::Types,
        Source::Constraints,
    ],
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
            let message = format!("most partitions of its time are gone from {table}");
            let mut found = ruling.info(name.clone(), message);
            found
                .number("ends_at", span.upper.map(|it| ranges.axis.literal(it)))
                .number("bytes", Cell::Bytes(facts.tree_bytes(span.oid)));
            if let Some(from) = refers(facts, ranges.table.oid, span.oid) {
                found.hint(format!(
                    "while rows of {from} refer to it, it cannot be detached: see whether any do, and delete those first"
                ));
                continue;
            }
            // Within reach of a way back: the table itself stays. The lock is that on the partition.
            let online = ranges.key.default_partition.is_none() && facts.major() >= 14;
            let concurrently = if online { " CONCURRENTLY" } else { "" };
            let sql = format!("ALTER TABLE {table} DETACH PARTITION {name}{concurrently};");
            found.sql(sql, "ACCESS EXCLUSIVE", true);
        }
    }
}

/// A table with a foreign key to the partitioned table, or to the partition.
fn refers(facts: &Facts<'_>, table: u32, partition: u32) -> Option<String> {
    let keys = facts.referencing(table).iter().chain(facts.referencing(partition));
    keys.into_iter().next().map(|key| facts.name(key.relation))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::constraints::foreign_key;
    use crate::sample::partitions::range;

    #[test]
    fn what_is_referred_to_is_not_detached() {
        let sample = || {
            let sample = Sample::new(18).clock(1_000.0).partitioned(100, "t", 'r', "day", "date");
            let sample = sample.partition(101, 100, "t_1", &range(1082, Some(100), Some(110)));
            let sample = sample.partition(102, 100, "t_2", &range(1082, Some(900), Some(910)));
            sample.heap(200, "notes", 1, 1.0)
        };
        let free = sample().verdict(&CHECK).findings.remove(0);
        assert!(free.remediation.expect("a cure").sql.contains("DETACH PARTITION public.t_1"));
        let referred = sample().with(|it| it.constraints.push(foreign_key(1, 200, 100, 'a')));
        let referred = referred.verdict(&CHECK).findings.remove(0);
        assert!(referred.remediation.is_none());
        assert!(referred.hint.expect("a hint").contains("rows of public.notes"));
    }
}

//! Foreign keys that refer to a partitioned table.

use pgrefit_catalog::census::{RelationKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "foreign-key-to-partitioned",
    code: "PAR-10",
    group: Group::Partitions,
    title: "A foreign key refers to a partitioned table, so its partitions cannot simply be detached.",
    level: Status::Info,
    required: false,
    matters: "DETACH PARTITION is refused while rows refer to the partition, and reads the whole table that refers to find out; \
              dropping a partition is refused in any case. So old data goes only after what refers to it.",
    cure: "Partition the table that refers in the same way and drop its partitions first, or give up the key.",
    sources: &[Source::Relations, Source::Constraints],
    example: Some(Example {
        bad: include_str!("foreign_key_to_partitioned/bad.sql"),
        good: include_str!("foreign_key_to_partitioned/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for key in facts.foreign_keys() {
        ruling.saw();
        let referenced = key.referenced.and_then(|oid| facts.relation(oid));
        let Some(target) = referenced.filter(|it| it.kind == RelationKind::Partitioned) else { continue };
        let (name, table) = (facts.name(target.oid), facts.name(key.relation));
        ruling
            .info(
                facts.part_name(key.relation, &key.name),
                format!("partitions of {name} can go only when no row of {table} refers to them"),
            )
            .number("partitions", facts.leaves(target.oid).len())
            .number("referencing_rows", facts.rows(key.relation))
            .hint("drop or detach what refers first");
    }
}

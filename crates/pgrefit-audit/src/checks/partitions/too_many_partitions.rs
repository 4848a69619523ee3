//! More partitions than planning and the lock table bear.

use pgrefit_catalog::census::{Relation, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// From how many partitions on it is told.
const MANY: usize = 1_000;

/// From how many on it should be changed.
const TOO_MANY: usize = 4_000;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "too-many-partitions",
    code: "PAR-08",
    group: Group::Partitions,
    title: "A table has so many partitions that planning is slow, or that one query fills the lock table.",
    level: Status::Warn,
    required: false,
    matters: "A query that cannot tell which partitions it needs plans all of them, and locks each with its indexes. The lock \
              table has room for max_locks_per_transaction times the sum of max_connections and max_prepared_transactions; \
              when it is full, statements of all sessions fail with \"out of shared memory\". Told from 1,000 partitions on, a \
              warning from 4,000 on, or where one query would take half of the lock table.",
    cure: "Make wider partitions, drop old ones, or raise max_locks_per_transaction (with a restart).",
    sources: &[Source::Relations, Source::Inheritance, Source::Indexes, Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (table, _) in facts.partitioned().filter(|(table, _)| !table.is_partition) {
        ruling.saw();
        let leaves = facts.leaves(table.oid);
        let locks: usize = leaves.iter().map(|leaf| 1 + facts.indexes(leaf.oid).len()).sum();
        let room = lock_table(facts);
        let fills = room.is_some_and(|room| locks * 2 > room);
        if fills || leaves.len() >= MANY {
            tell(facts, table, leaves.len(), (locks, room.filter(|_| fills)), ruling);
        }
    }
}

/// How many locks there is room for.
fn lock_table(facts: &Facts<'_>) -> Option<usize> {
    let number = |name| facts.text(name)?.parse::<usize>().ok();
    let sessions = number("max_connections")? + number("max_prepared_transactions").unwrap_or(0);
    Some(number("max_locks_per_transaction")? * sessions)
}

fn tell(
    facts: &Facts<'_>,
    table: &Relation,
    count: usize,
    (locks, full): (usize, Option<usize>),
    ruling: &mut Ruling,
) {
    let (status, message) = match full {
        Some(room) => (
            Status::Warn,
            format!("a query on all {count} partitions takes {locks} of {room} locks there are"),
        ),
        None if count >= TOO_MANY => (Status::Warn, format!("it has {count} partitions")),
        None => (Status::Info, format!("it has {count} partitions")),
    };
    ruling
        .found(status, facts.name(table.oid), message)
        .number("partitions", count)
        .number("locks_of_a_query", locks)
        .number("lock_table", lock_table(facts))
        .hint("make wider partitions; see that each query names the key");
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::partitions::range;

    fn sample(partitions: u32, locks: &str) -> Sample {
        let sample =
            Sample::new(18).setting("max_connections", "100").setting("max_locks_per_transaction", locks);
        let sample = sample.partitioned(100, "t", 'r', "id", "int8");
        (0..partitions).fold(sample, |sample, at| {
            let bound = range(20, Some(at.into()), Some(i64::from(at) + 1));
            sample.partition(1_000 + at, 100, &format!("t_{at}"), &bound)
        })
    }

    #[test]
    fn many_partitions_are_told() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(999, "64"), Status::Pass);
        check(sample(1_000, "64"), Status::Info);
        check(sample(4_000, "256"), Status::Warn);
        check(sample(501, "10"), Status::Warn);
        check(sample(500, "10"), Status::Pass);
    }
}

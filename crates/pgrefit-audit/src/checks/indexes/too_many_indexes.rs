//! More indexes than a table should have to maintain.

use pgrefit_catalog::census::{Index, Relation, Source};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::facts::indexes::float_bytes;
use crate::{Facts, Ruling};

/// From how many indexes on it is told.
const MANY: usize = 11;

/// From how many on it should be changed, if the table is written.
const TOO_MANY: usize = 21;

/// From how many bytes of btrees on their size is told.
const TOLD_BYTES: u64 = 1 << 30;

/// How many times larger than the table they must be.
const TIMES: f64 = 2.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "too-many-indexes",
    code: "IDX-12",
    group: Group::Indexes,
    title: "A table has very many indexes, or they are much larger than its rows.",
    level: Status::Warn,
    required: false,
    matters: "Each INSERT, and each update that is not heap-only, writes to all of them, and each query locks and considers all \
              of them; above 16 locks, taking them is slower (before 18). Told from 11 on, a warning from 21 on if the table is \
              written to. Btrees are told where they hold 1 GiB and twice what the table does, with its TOAST table. Vector and gin \
              indexes are large by nature and not counted as bytes.",
    cure: "Drop those that are unused, duplicate or redundant; the other checks name them.",
    sources: &[Source::Relations, Source::Indexes, Source::RelationStatistics],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for table in facts.root_tables() {
        ruling.saw();
        let indexes: Vec<&Index> = facts.indexes(table.oid).iter().copied().filter(|it| it.live).collect();
        let btrees = indexes.iter().filter(|index| facts.access_method(index) == "btree");
        let index_bytes: u64 = btrees.map(|index| facts.index_bytes(index.oid)).sum();
        let table_bytes = facts.tree_bytes(table.oid);
        let large = index_bytes >= TOLD_BYTES && float_bytes(index_bytes) > TIMES * float_bytes(table_bytes);
        if indexes.len() >= MANY || large {
            tell(facts, table, indexes.len(), (index_bytes, table_bytes), ruling);
        }
    }
}

fn tell(facts: &Facts<'_>, table: &Relation, count: usize, bytes: (u64, u64), ruling: &mut Ruling) {
    let written = facts.index_writes(table.oid).is_some_and(|writes| writes > 0);
    let status = if count >= TOO_MANY && written { Status::Warn } else { Status::Info };
    let message = if count >= MANY {
        format!("each INSERT writes to {count} indexes")
    } else {
        let times = float_bytes(bytes.0) / float_bytes(bytes.1.max(1));
        format!("its btrees are {times:.1} times as large as its rows")
    };
    ruling
        .found(status, facts.name(table.oid), message)
        .number("indexes", count)
        .number("btree_bytes", Cell::Bytes(bytes.0))
        .number("table_bytes", Cell::Bytes(bytes.1))
        .number("writes", facts.index_writes(table.oid))
        .hint("see what unused-index, duplicate-index, redundant-index and index-bloat say of it");
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn sample(count: u32, mib_each: i64, writes: i64) -> Sample {
        let sample = Sample::new(18).heap(100, "t", 1_000, 1e6).last_counters(|it| it.inserts = writes);
        (0..count).fold(sample, |sample, at| sample.btree(200 + at, 100, &format!("t_{at}"), &[1], mib_each))
    }

    #[test]
    fn many_indexes_and_large_ones_are_told() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(10, 1, 1), Status::Pass);
        check(sample(11, 1, 1), Status::Info);
        check(sample(21, 1, 0), Status::Info);
        check(sample(21, 1, 1), Status::Warn);
        check(sample(2, 1_001, 1), Status::Info);
        check(sample(2, 1_000, 1), Status::Pass);
        check(sample(1, 3_000, 1).method("gin"), Status::Pass);
    }
}

//! An index that a longer one makes needless.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Example, Group};
use crate::facts::indexes::float_bytes;
use crate::{Facts, Ruling};

/// How many times larger the longer index must be for the shorter one to be worth its keep.
const MUCH_LARGER: f64 = 3.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "redundant-index",
    code: "IDX-04",
    group: Group::Indexes,
    title: "A longer index begins with all that this index has.",
    level: Status::Warn,
    required: false,
    matters: "A btree on (a, b) finds by a as one on (a) does; each write maintains both. Both must be usable btrees with the \
              same columns or expressions at the beginning, in the same directions, with the same operator classes, collations \
              and predicate; columns behind INCLUDE must be in the longer one, too. Unique indexes, replica identities, \
              and what CLUSTER sorts by stay. Where the longer one is more than three times as large, it is only something to \
              know: the shorter one may be worth its keep.",
    cure: "Drop the shorter one.",
    sources: &[Source::Relations, Source::Indexes, Source::Constraints, Source::Inheritance],
    example: Some(Example {
        bad: include_str!("redundant_index/bad.sql"),
        good: include_str!("redundant_index/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    ruling.saw_many(facts.declared_indexes().count());
    for (index, longer) in facts.redundant() {
        let (bytes, longer_bytes) = (facts.index_bytes(index.oid), facts.index_bytes(longer.oid));
        let worth_it = float_bytes(longer_bytes) > MUCH_LARGER * float_bytes(bytes);
        let status = if worth_it { Status::Info } else { Status::Warn };
        let message = format!(
            "{} on ({}) begins with all that it has: ({})",
            facts.name(longer.oid),
            facts.key_list(longer),
            facts.key_list(index)
        );
        let (sql, lock) = facts.drop_index(index);
        ruling
            .found(status, facts.name(index.oid), message)
            .number("index_bytes", Cell::Bytes(bytes))
            .number("longer_index_bytes", Cell::Bytes(longer_bytes))
            .number("scans", facts.index_scans(index.oid))
            .sql(sql, lock, true);
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn a_much_larger_index_is_no_substitute() {
        let check = |longer_mib: i64, expected: Status| {
            let sample = Sample::new(18).heap(100, "t", 100, 1e6);
            let sample = sample.btree(101, 100, "a", &[1], 10).btree(102, 100, "a_b", &[1, 2], longer_mib);
            assert_eq!(sample.status(&CHECK), expected, "{longer_mib}");
        };
        check(20, Status::Warn);
        check(31, Status::Info);
    }
}

//! A large index that is written all the time and read hardly ever.

use pgrefit_catalog::census::{Index, Source};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::facts::indexes::{DAY_S, float};
use crate::{Facts, Ruling};

/// From which size on it is told.
const TOLD_BYTES: u64 = 100 << 20;

/// How many writes for a scan are too many.
const WRITES_PER_SCAN: f64 = 1_000.0;

/// After how many days without a scan an index has gone out of use.
const IDLE_DAYS: f64 = 90.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "low-value-index",
    code: "IDX-06",
    group: Group::Indexes,
    title: "A large index costs many writes and serves few queries.",
    level: Status::Info,
    required: false,
    matters: "More than 1,000 rows are written to it for each scan, or it was last scanned 90 days ago (from 16 on). It may \
              serve a report once a month: then it is worth its keep. Told of indexes of 100 MiB and more, after 30 days of \
              counting on every node. Updates that stay on their page do not count, nor do indexes that keep rows apart.",
    cure: "Find out which query needs it, and whether that query may be slower.",
    sources: &[Source::Relations, Source::Indexes, Source::IndexStatistics, Source::RelationStatistics],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.days_counted().is_none() {
        return ruling.skip("the counters have not counted for 30 days on every node");
    }
    for index in facts.declared_indexes() {
        let (Some(scans), Some(writes)) = (facts.index_scans(index.oid), facts.index_writes(index.table))
        else {
            continue;
        };
        let bytes = facts.index_bytes(index.oid);
        let value = (scans > 0 && bytes >= TOLD_BYTES && facts.is_for_queries(index))
            .then(|| little(facts, index, scans, writes))
            .flatten();
        let Some(message) = value else {
            ruling.saw();
            continue;
        };
        if facts.has_unasked_standbys() {
            ruling.missed("there are standbys that were not asked for their use of indexes", None);
            continue;
        }
        ruling.saw();
        let (sql, lock) = facts.drop_index_kept(index);
        ruling
            .info(facts.name(index.oid), message)
            .number("index_bytes", Cell::Bytes(bytes))
            .number("scans", scans)
            .number("writes", writes)
            .sql(sql, lock, true);
    }
}

/// Why it is of little value.
fn little(facts: &Facts<'_>, index: &Index, scans: i64, writes: i64) -> Option<String> {
    let leaves = facts.leaf_indexes(index.oid);
    let ages = leaves.into_iter().filter_map(|leaf| facts.index_statistics(leaf)?.last_scan_age_s);
    let youngest = ages.min_by(f64::total_cmp).map(|age| age / DAY_S);
    if let Some(days) = youngest.filter(|days| *days >= IDLE_DAYS) {
        return Some(format!("the last query that used it ran {days:.0} days ago"));
    }
    let each = float(writes) / float(scans);
    (each >= WRITES_PER_SCAN).then(|| format!("{each:.0} rows are written to it for each scan"))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn few_scans_for_many_writes_are_told() {
        let sample = |scans: i64, writes: i64, mib: i64| {
            let sample = Sample::new(18).heap(100, "t", 1_000, 1e7).last_counters(|it| it.inserts = writes);
            sample.btree(101, 100, "t_a", &[1], mib).scanned(scans)
        };
        let check = |sample: Sample, expected: &[&str]| assert_eq!(sample.objects(&CHECK), expected);
        check(sample(10, 10_000, 100), &["public.t_a"]);
        check(sample(10, 9_999, 100), &[]);
        check(sample(10, 10_000, 99), &[]);
        check(sample(0, 10_000, 100), &[]);
        check(
            sample(10, 10_000, 100).last_counters(|it| (it.updates, it.hot_updates) = (9, 9)),
            &["public.t_a"],
        );
        let age = |days: f64| {
            sample(10, 10, 100).with(|it| it.index_statistics[0].last_scan_age_s = Some(days * 86_400.0))
        };
        check(age(91.0), &["public.t_a"]);
        check(age(89.0), &[]);
    }
}

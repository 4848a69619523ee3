//! A table whose last partition ends soon.

use pgrefit_catalog::census::{Relation, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::facts::indexes::{DAY_S, float};
use crate::facts::partitions::Ranges;
use crate::{Facts, Ruling};

/// With fewer days to the end it is told, if three partitions do not last as long.
const TOLD_DAYS: f64 = 30.0;

/// With fewer days it must be acted upon, if one partition does not last as long.
const FAIL_DAYS: f64 = 7.0;

/// For how long nothing must have been written to call a table finished.
const QUIET_DAYS: f64 = 7.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "partition-missing-ahead",
    code: "PAR-01",
    group: Group::Partitions,
    title: "A table will soon have no partition for new rows.",
    level: Status::Fail,
    required: true,
    matters: "A row that no partition takes is refused: INSERT fails. With a default partition it goes there, and the partition \
              can then only be made after the rows were moved; so that is told one level lower. Keys that are dates and times \
              are held against the server's clock, in UTC: a warning when fewer than three partitions or 30 days are left, \
              whichever is less; a failure when fewer than one or 7 days are. Whole numbers are held against the largest that \
              ANALYZE saw. One that ended long ago and that nobody has \
              written to since the counters were reset is a warning, and after a week only something to know.",
    cure: "Make the partitions well ahead, by the clock: CREATE TABLE … LIKE, then ATTACH PARTITION.",
    // Statistics of columns only matter to keys that are numbers, and are asked for there.
    sources: &[
        Source::Relations,
        Source::Inheritance,
        Source::PartitionKeys,
        Source::Columns,
        Source::Types,
        Source::RelationStatistics,
    ],
    example: Some(Example {
        bad: include_str!("partition_missing_ahead/bad.sql"),
        good: include_str!("partition_missing_ahead/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for ranges in facts.ranges().filter(|ranges| !is_within(facts, ranges)) {
        if ranges.spans.is_empty() && ranges.key.default_partition.is_none() {
            ruling.saw();
            let name = facts.name(ranges.table.oid);
            ruling.warn(name, "it has no partition at all: each INSERT fails");
        } else if ranges.spans.last().is_none_or(|last| last.upper.is_none()) {
            ruling.saw();
        } else if ranges.axis.day().is_some() {
            ruling.saw();
            by_clock(facts, &ranges, ruling);
        } else {
            by_largest(facts, &ranges, ruling);
        }
    }
}

/// Whether it divides further what its own partition of the same column bounds already.
fn is_within(facts: &Facts<'_>, ranges: &Ranges<'_>) -> bool {
    let parents = facts.parents(ranges.table.oid).iter().filter_map(|parent| facts.partition_key(*parent));
    let own = facts.first_key_column(ranges.key);
    parents.into_iter().any(|key| key.strategy == 'r' && facts.first_key_column(key) == own)
}

fn by_clock(facts: &Facts<'_>, ranges: &Ranges<'_>, ruling: &mut Ruling) {
    let (axis, interval) = (ranges.axis, ranges.interval());
    let now = axis.at(facts.census.server.taken_at_epoch_s);
    let end = ranges.spans.last().and_then(|last| last.upper);
    let (Some(day), Some(now), Some(end)) = (axis.day(), now, end) else { return };
    let in_days = |length: i64| float(length) / float(day);
    let left = in_days(end.saturating_sub(now));
    let each = interval.map_or(TOLD_DAYS, in_days);
    let step = if left < FAIL_DAYS.min(each) {
        Status::Fail
    } else if left < TOLD_DAYS.min(3.0 * each) {
        Status::Warn
    } else {
        return;
    };
    let until = axis.literal(end);
    let message = if left <= 0.0 {
        format!("the last partition ended at {until}: there is none for new rows")
    } else {
        format!("the last partition ends at {until}, in {left:.1} days")
    };
    let ahead = (3.0 * each).min(TOLD_DAYS) * float(day);
    #[expect(clippy::cast_possible_truncation, reason = "days ahead")]
    let until = now.saturating_add(ahead as i64);
    let status = if_written(facts, ranges, step, (left, each));
    tell(facts, ranges, status, (&message, until), ruling)
        .number("left_days", (left * 10.0).round() / 10.0)
        .number("partition_days", each);
}

/// What it amounts to where the last partition ended long ago and no row was written since counters count.
fn if_written(facts: &Facts<'_>, ranges: &Ranges<'_>, step: Status, (left, each): (f64, f64)) -> Status {
    let server = &facts.census.server;
    let leaves = facts.leaves(ranges.table.oid);
    let inserts: Option<i64> =
        leaves.iter().map(|leaf| facts.statistics(leaf.oid).map(|it| it.inserts)).sum();
    // A standby counts no writes.
    let quiet = inserts == Some(0) && !server.in_recovery;
    if quiet && left < -each && server.counted_for_s.is_some_and(|it| it >= QUIET_DAYS * DAY_S) {
        Status::Info
    } else if quiet && left < -each.max(TOLD_DAYS) {
        Status::Warn
    } else {
        step
    }
}

fn by_largest(facts: &Facts<'_>, ranges: &Ranges<'_>, ruling: &mut Ruling) {
    let table = ranges.table.oid;
    let Some(column) = ranges.key.columns.first().copied().filter(|column| *column > 0) else { return };
    let name = facts.column(table, column).map(|it| it.name.as_str()).unwrap_or_default();
    let of_leaf = |leaf: &Relation| {
        let column = facts.column_named(leaf.oid, name)?;
        facts.column_statistics(leaf.oid, column.number)?.largest
    };
    let leaves = facts.leaves(table).into_iter().filter_map(of_leaf);
    let whole = facts.column_statistics(table, column).and_then(|it| it.largest);
    let end = ranges.spans.last().and_then(|last| last.upper);
    let (Some(end), Some(each)) = (end, ranges.interval()) else { return ruling.saw() };
    let Some(largest) = leaves.chain(whole).max() else {
        if let Some(unseen) = facts.census.unseen.get(&Source::ColumnStatistics) {
            ruling.missed(unseen.text.clone(), unseen.grant.clone());
        } else if ranges.table.shows_statistics {
            ruling.saw();
        } else {
            ruling.missed("statistics of columns are hidden from this role", facts.grant_select(table));
        }
        return;
    };
    ruling.saw();
    let left = end.saturating_sub(largest);
    let step = if float(left) < 0.1 * float(each) {
        Status::Fail
    } else if left < each {
        Status::Warn
    } else {
        return;
    };
    let message = format!("the last partition ends at {end}, and {largest} is reached");
    tell(facts, ranges, step, (&message, end), ruling).number("left", left).number("partition_width", each);
}

fn tell<'r>(
    facts: &Facts<'_>,
    ranges: &Ranges<'_>,
    step: Status,
    (message, until): (&str, i64),
    ruling: &'r mut Ruling,
) -> crate::Found<'r> {
    let default = ranges.key.default_partition;
    let status = match step {
        Status::Fail if default.is_some() => Status::Warn,
        Status::Warn if default.is_some() => Status::Info,
        step => step,
    };
    let mut found = ruling.found(status, facts.name(ranges.table.oid), message);
    if default.is_some_and(|default| facts.default_rows(default) > 0.0) {
        found.hint("move the rows out of the default partition, then make the partitions that come next");
    } else if let Some(sql) = facts.next_partitions(ranges, until) {
        found.sql(sql, facts.attach_lock(ranges), true);
    } else {
        found.hint("make the partitions that come next, and attach them");
    }
    found
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::partitions::{DEFAULT, range};

    /// Daily partitions that end at day 10,000, by a clock.
    fn daily(clock: f64) -> Sample {
        let sample = Sample::new(18).clock(clock).partitioned(100, "t", 'r', "day", "date");
        let sample = sample.partition(101, 100, "t_1", &range(1082, Some(9_998), Some(9_999)));
        sample.partition(102, 100, "t_2", &range(1082, Some(9_999), Some(10_000)))
    }

    fn written(sample: Sample) -> Sample {
        sample.last_counters(|it| it.inserts = 1)
    }

    #[test]
    fn dates_are_held_against_the_clock() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(written(daily(9_997.0)), Status::Pass);
        check(written(daily(9_998.0)), Status::Warn);
        check(written(daily(10_000.0)), Status::Fail);
        check(written(daily(10_100.0)), Status::Fail);
        check(daily(10_100.0), Status::Info);
        check(daily(10_100.0).counted_days(2.0), Status::Warn);
        check(daily(10_020.0).counted_days(2.0), Status::Fail);
        check(daily(10_100.0).with(|it| it.server.in_recovery = true), Status::Fail);
        check(daily(10_000.0).partition(103, 100, "t_d", DEFAULT), Status::Warn);
        let open = range(1082, Some(10_000), None);
        check(daily(10_100.0).partition(103, 100, "t_open", &open), Status::Pass);
    }

    #[test]
    fn months_have_a_month() {
        let day = 86_400_000_000;
        let monthly = |clock: f64| {
            let sample = Sample::new(18).clock(clock).partitioned(100, "t", 'r', "at", "timestamptz");
            let month = range(1184, Some(9_497 * day), Some(9_528 * day));
            written(sample.partition(101, 100, "t_1", &month))
        };
        assert_eq!(monthly(9_497.5).status(&CHECK), Status::Pass);
        assert_eq!(monthly(9_499.0).status(&CHECK), Status::Warn);
        let found = monthly(9_522.0).verdict(&CHECK).findings.remove(0);
        assert_eq!(found.status, Status::Fail);
        expect_test::expect![[r"
            CREATE TABLE public.t_20260201 (LIKE public.t INCLUDING ALL EXCLUDING IDENTITY);
            ALTER TABLE public.t ATTACH PARTITION public.t_20260201 FOR VALUES FROM ('2026-02-01 00:00:00+00') TO ('2026-03-01 00:00:00+00');"]]
        .assert_eq(&found.remediation.expect("a cure").sql);
    }

    #[test]
    fn numbers_are_held_against_the_largest() {
        let sample = |largest: i64| {
            let sample = Sample::new(18).partitioned(100, "t", 'r', "id", "int8");
            let sample = sample.partition(101, 100, "t_1", &range(20, Some(0), Some(1_000)));
            sample.known(100, 1, |it| (it.inherited, it.largest) = (true, Some(largest)))
        };
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(0), Status::Pass);
        check(sample(1), Status::Warn);
        check(sample(950), Status::Fail);
        let hidden = sample(950).with(|it| {
            it.column_statistics.clear();
            it.relations[0].shows_statistics = false;
        });
        check(hidden, Status::Blind);
        check(sample(950).with(|it| it.column_statistics.clear()), Status::Pass);
    }

    #[test]
    fn what_its_parent_bounds_is_left_alone() {
        let sample = written(daily(10_100.0));
        let bound = range(1082, Some(9_000), Some(9_500));
        let sample = sample.partitioned(200, "t_old", 'r', "day", "date").with(|it| {
            let old = it.relations.last_mut().expect("a table");
            (old.is_partition, old.bound) = (true, Some(pgrefit_catalog::census::Node::new(&bound)));
            let edge =
                pgrefit_catalog::census::Inheritance { child: 200, parent: 100, detach_pending: false };
            it.inheritance.push(edge);
        });
        assert_eq!(sample.objects(&CHECK), ["public.t"]);
    }
}

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

/// Of fewer numbers than this, a tenth of a partition is none.
const NARROW: i64 = 10;

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
              whichever is less; a failure when fewer than one or 7 days are, or when the first partition only begins later. \
              Whole numbers are held against the largest that ANALYZE saw: a warning when it is in the last partition, a \
              failure when less than a tenth of that is left; partitions of fewer than ten numbers, such as years, only warn. \
              A table without any partition is a warning, however it is partitioned. One that ended long ago and that nobody has \
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
        Source::Roles,
    ],
    example: Some(Example {
        bad: include_str!("partition_missing_ahead/bad.sql"),
        good: include_str!("partition_missing_ahead/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (table, _) in facts.partitioned().filter(|(table, _)| facts.attached(table.oid).is_empty()) {
        ruling.saw();
        ruling.warn(facts.name(table.oid), "it has no partition at all: each INSERT fails");
    }
    for ranges in facts.ranges().filter(|ranges| !is_within(facts, ranges)) {
        if ranges.spans.is_empty() && ranges.key.default_partition.is_none() {
            continue;
        }
        if ranges.axis.day().is_some() {
            ruling.saw();
            if !begins_later(facts, &ranges, ruling) {
                by_clock(facts, &ranges, ruling);
            }
        } else if ranges.spans.last().is_none_or(|last| last.upper.is_none()) {
            ruling.saw();
        } else {
            by_largest(facts, &ranges, ruling);
        }
    }
}

/// Tells it where rows of now come before the first partition.
fn begins_later(facts: &Facts<'_>, ranges: &Ranges<'_>, ruling: &mut Ruling) -> bool {
    let epoch_s = facts.census.server.taken_at_epoch_s;
    let begins = ranges.spans.first().and_then(|first| first.lower);
    let (Some(begins), Some(now)) = (begins, ranges.axis.at(epoch_s)) else { return false };
    if begins <= now {
        return false;
    }
    let from = ranges.axis.literal(begins);
    let message = format!("the first partition begins at {from}: there is none for rows of now");
    let days = ranges.axis.days_until(begins, epoch_s).map(tenths);
    ruling
        .found(lowered(Status::Fail, ranges), facts.name(ranges.table.oid), message)
        .number("begins_in_days", days)
        .hint("make a partition for the time before it, if rows of now are to come");
    true
}

fn tenths(days: f64) -> f64 {
    (days * 10.0).round() / 10.0
}

/// One level less where a default partition takes the rows.
const fn lowered(step: Status, ranges: &Ranges<'_>) -> Status {
    match step {
        Status::Fail if ranges.key.default_partition.is_some() => Status::Warn,
        Status::Warn if ranges.key.default_partition.is_some() => Status::Info,
        step => step,
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
    let epoch_s = facts.census.server.taken_at_epoch_s;
    let Some(end) = ranges.spans.last().and_then(|last| last.upper) else { return };
    let (now, left) = (axis.at(epoch_s), axis.days_until(end, epoch_s));
    let (Some(day), Some(now), Some(left)) = (axis.day(), now, left) else { return };
    let each = interval.map_or(TOLD_DAYS, |length| float(length) / float(day));
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
        .number("left_days", tenths(left))
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
        } else if is_domain(facts, table, column) && facts.column_statistics(table, column).is_some() {
            // The helper view tells it of plain types only.
            ruling.missed("what ANALYZE knows of a domain does not tell its largest value", None);
        } else if ranges.table.shows_statistics {
            ruling.saw();
        } else {
            ruling.missed("statistics of columns are hidden from this role", facts.grant_select(table));
        }
        return;
    };
    ruling.saw();
    // The end itself is not in the partition, unless further columns decide that.
    let excluded = i64::from(ranges.key.columns.len() == 1);
    let left = end.saturating_sub(excluded).saturating_sub(largest);
    // Of a few numbers each is of many rows, and nothing tells when the next one comes.
    let step = if each >= NARROW && float(left) < 0.1 * float(each) {
        Status::Fail
    } else if left < each {
        Status::Warn
    } else {
        return;
    };
    let message = format!("the last partition ends at {end}, and {largest} is reached");
    tell(facts, ranges, step, (&message, end), ruling).number("left", left).number("partition_width", each);
}

fn is_domain(facts: &Facts<'_>, table: u32, column: i16) -> bool {
    facts.column(table, column).and_then(|it| facts.type_of(it.type_oid)).is_some_and(|it| it.kind == 'd')
}

fn tell<'r>(
    facts: &Facts<'_>,
    ranges: &Ranges<'_>,
    step: Status,
    (message, until): (&str, i64),
    ruling: &'r mut Ruling,
) -> crate::Found<'r> {
    let default = ranges.key.default_partition;
    let mut found = ruling.found(lowered(step, ranges), facts.name(ranges.table.oid), message);
    if default.is_some_and(|default| facts.default_rows(default) > 0.0) {
        found.hint("move the rows out of the default partition, then make the partitions that come next");
        return found;
    }
    match facts.next_partitions(ranges, until) {
        Ok(sql) => found.sql(sql, facts.attach_lock(ranges), true),
        Err(hint) => found.hint(hint),
    };
    found
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::constraints::type_named;
    use crate::sample::partitions::{DEFAULT, range};

    /// Daily partitions that end at day 10,000, by a clock.
    fn daily(clock: f64) -> Sample {
        let sample = Sample::new(18).clock(clock).partitioned(100, "t", 'r', "day", "date");
        let sample = sample.partition(101, 100, "t_1", &range(1082, Some(9_998), Some(9_999)));
        let sample = sample.partition(110, 100, "t_0", &range(1082, Some(9_000), Some(9_998)));
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
        check(sample(-1), Status::Pass);
        check(sample(0), Status::Warn);
        check(sample(899), Status::Warn);
        check(sample(900), Status::Fail);
        let hidden = sample(950).with(|it| {
            it.column_statistics.clear();
            it.relations[0].shows_statistics = false;
        });
        check(hidden, Status::Blind);
        check(sample(950).with(|it| it.column_statistics.clear()), Status::Pass);
    }

    #[test]
    fn numbers_that_are_years_are_told_in_the_last_one() {
        let sample = |largest: i64| {
            let sample = Sample::new(18).partitioned(100, "t", 'r', "y", "int4");
            let sample = sample.partition(101, 100, "yr25", &range(23, Some(2_025), Some(2_026)));
            let sample = sample.partition(102, 100, "yr26", &range(23, Some(2_026), Some(2_027)));
            sample.known(100, 1, |it| (it.inherited, it.largest) = (true, Some(largest)))
        };
        assert_eq!(sample(2_025).status(&CHECK), Status::Pass);
        assert_eq!(sample(2_026).status(&CHECK), Status::Warn);
    }

    #[test]
    fn dates_are_counted_from_now_on() {
        let check = |clock: f64, expected: &str| {
            let found = written(daily(clock)).verdict(&CHECK).findings.remove(0);
            assert_eq!((found.status, found.message.as_str()), (Status::Fail, expected));
        };
        check(9_999.2, "the last partition ends at '2027-05-19', in 0.8 days");
    }

    #[test]
    fn what_begins_later_takes_nothing_now() {
        let sample = |clock: f64| {
            let sample = Sample::new(18).clock(clock).partitioned(100, "t", 'r', "day", "date");
            sample.partition(101, 100, "t_1", &range(1082, Some(1_000), Some(2_000)))
        };
        let found = sample(998.5).verdict(&CHECK).findings.remove(0);
        assert_eq!(found.status, Status::Fail);
        let expected = "the first partition begins at '2002-09-27': there is none for rows of now";
        assert_eq!(found.message, expected);
        assert_eq!(sample(1_000.0).status(&CHECK), Status::Pass);
        assert_eq!(sample(998.5).partition(102, 100, "t_d", DEFAULT).status(&CHECK), Status::Warn);
        let open = range(1082, Some(2_000), None);
        assert_eq!(sample(998.5).partition(102, 100, "t_2", &open).status(&CHECK), Status::Fail);
    }

    #[test]
    fn a_domain_is_what_is_beneath() {
        let sample = Sample::new(18).clock(10_100.0).partitioned(100, "t", 'r', "day", "date");
        let sample = sample.partition(101, 100, "t_1", &range(50_000, Some(9_998), Some(9_999)));
        let sample = written(sample).with(|it| {
            it.columns[0].type_oid = 50_000;
            it.types = vec![type_named(1082, "date"), type_named(50_000, "dday")];
            (it.types[1].kind, it.types[1].base) = ('d', 1082);
        });
        assert_eq!(sample.status(&CHECK), Status::Fail);
    }

    #[test]
    fn what_has_no_partition_is_told() {
        for strategy in ['r', 'l', 'h'] {
            let sample = Sample::new(18).partitioned(100, "t", strategy, "id", "int8");
            assert_eq!(sample.status(&CHECK), Status::Warn, "{strategy}");
        }
    }

    #[test]
    fn what_its_parent_bounds_is_left_alone() {
        let sample = written(daily(10_100.0));
        let bound = range(1082, Some(9_000), Some(9_500));
        let sample = sample.partitioned(200, "t_old", 'r', "day", "date");
        let sample = sample.partition(201, 200, "t_old_1", &bound).with(|it| {
            let old = it.relations.iter_mut().find(|it| it.oid == 200).expect("a table");
            (old.is_partition, old.bound) = (true, Some(pgrefit_catalog::census::Node::new(&bound)));
            let edge =
                pgrefit_catalog::census::Inheritance { child: 200, parent: 100, detach_pending: false };
            it.inheritance.push(edge);
        });
        assert_eq!(sample.objects(&CHECK), ["public.t"]);
    }
}

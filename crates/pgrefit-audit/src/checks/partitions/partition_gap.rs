//! A hole between two partitions.

use pgrefit_catalog::census::{Bound, Relation, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::facts::partitions::{Ranges, Span};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "partition-gap",
    code: "PAR-03",
    group: Group::Partitions,
    title: "Between partitions there is a range, or a remainder of a hash, that none takes.",
    level: Status::Fail,
    required: false,
    matters: "A row in the gap is refused, or goes to the default partition. A gap that holds now, by the server's clock, in UTC, is \
              a failure; one that is over takes only late rows, and is something to know; with a default partition each is told \
              one level lower. Ranges of whole numbers, dates and times over one column are looked at, and hashes, where each \
              remainder without a partition is refused its share of the rows: a failure, for nothing else can take them. \
              Overlaps there are none: the server refuses them. A partition that was left far behind has a check of its own.",
    cure: "Make a partition for the gap.",
    sources: &[
        Source::Relations,
        Source::Inheritance,
        Source::PartitionKeys,
        Source::Columns,
        Source::Types,
        Source::Roles,
    ],
    example: Some(Example {
        bad: include_str!("partition_gap/bad.sql"),
        good: include_str!("partition_gap/good.sql"),
    }),
    judge,
};

/// How many remainders are looked at, and how many are named.
const REMAINDERS: (i64, usize) = (100_000, 5);

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (table, _) in facts.partitioned().filter(|(_, key)| key.strategy == 'h') {
        by_hash(facts, table, ruling);
    }
    for ranges in facts.ranges().filter(|ranges| ranges.key.columns.len() == 1) {
        ruling.saw();
        for pair in ranges.spans.windows(2) {
            if let (Some(from), Some(to)) = (pair[0].upper, pair[1].lower)
                && from < to
                && !facts.is_left_behind(&ranges, &pair[0], &pair[1])
            {
                tell(facts, &ranges, &pair[0], (from, to), ruling);
            }
        }
    }
}

fn by_hash(facts: &Facts<'_>, table: &Relation, ruling: &mut Ruling) {
    let hash = |child: u32| match facts.relation(child)?.bound.as_ref()?.bound()? {
        Bound::Hash { modulus, remainder } if modulus > 0 => Some((modulus, remainder)),
        _ => None,
    };
    let taken: Option<Vec<(i64, i64)>> = facts.attached(table.oid).into_iter().map(hash).collect();
    let Some(taken) = taken else { return ruling.missed("a bound could not be read", None) };
    ruling.saw();
    // Each modulus divides the next larger one. Without a partition it is a matter of another check.
    let Some(modulus) = taken.iter().map(|it| it.0).max() else { return };
    let missing = modulus - taken.iter().map(|it| modulus / it.0).sum::<i64>();
    if missing <= 0 {
        return;
    }
    let is_free = |at: &i64| !taken.iter().any(|(modulus, remainder)| at % modulus == *remainder);
    let free: Vec<i64> = (0..modulus.min(REMAINDERS.0)).filter(is_free).take(REMAINDERS.1).collect();
    let name = facts.name(table.oid);
    let hint = free.first().map_or("make the partitions that are missing".to_owned(), |first| {
        format!("make partitions of {name} FOR VALUES WITH (MODULUS {modulus}, REMAINDER {first}), and so on")
    });
    let message = format!("no partition takes {missing} of {modulus} remainders: rows of these are refused");
    let free: Vec<String> = free.iter().map(i64::to_string).collect();
    ruling
        .fail(name, message)
        .number("modulus", modulus)
        .number("missing", missing)
        .number("first_missing", free.join(", "))
        .hint(hint);
}

fn tell(facts: &Facts<'_>, ranges: &Ranges<'_>, before: &Span, (from, to): (i64, i64), ruling: &mut Ruling) {
    let now = ranges.axis.at(facts.census.server.taken_at_epoch_s);
    let is_over = now.is_some_and(|now| to <= now);
    let holds_now = now.is_some_and(|now| (from..to).contains(&now));
    let status = match ranges.key.default_partition {
        None if holds_now => Status::Fail,
        Some(_) if holds_now => Status::Warn,
        None if !is_over => Status::Warn,
        _ => Status::Info,
    };
    let name = facts.name(ranges.table.oid);
    let bounds = format!("FROM ({}) TO ({})", ranges.axis.literal(from), ranges.axis.literal(to));
    let what = if holds_now { ", and now is in there" } else { "" };
    let message = format!("behind it, {name} has no partition {bounds}{what}");
    let mut found = ruling.found(status, facts.name(before.oid), message);
    found.number("gap_from", ranges.axis.literal(from)).number("gap_to", ranges.axis.literal(to));
    if ranges.key.default_partition.is_some_and(|default| facts.default_rows(default) > 0.0) {
        found.hint("move the rows of the gap out of the default partition first");
        return;
    }
    match facts.make_partition(ranges, from, &bounds) {
        Ok(sql) => found.sql(sql, facts.attach_lock(ranges), true),
        Err(hint) => found.hint(hint),
    };
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::partitions::{DEFAULT, hash, range};

    #[test]
    fn a_gap_that_is_over_is_only_told() {
        let sample = |clock: f64| {
            let sample = Sample::new(18).clock(clock).partitioned(100, "t", 'r', "day", "date");
            let sample = sample.partition(101, 100, "t_1", &range(1082, Some(100), Some(110)));
            sample.partition(102, 100, "t_2", &range(1082, Some(120), Some(130)))
        };
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(109.0), Status::Warn);
        check(sample(110.0), Status::Fail);
        check(sample(119.9), Status::Fail);
        check(sample(120.0), Status::Info);
        check(sample(109.0).partition(103, 100, "t_d", DEFAULT), Status::Info);
        check(sample(115.0).partition(103, 100, "t_d", DEFAULT), Status::Warn);
        check(sample(120.0).partition(103, 100, "t_d", DEFAULT), Status::Info);
        let message = sample(115.0).verdict(&CHECK).findings.remove(0).message;
        assert!(message.ends_with(", and now is in there"), "{message}");
        let filled = range(1082, Some(110), Some(120));
        check(sample(115.0).partition(103, 100, "t_3", &filled), Status::Pass);
        assert_eq!(sample(115.0).objects(&CHECK), ["public.t_1"]);
    }

    #[test]
    fn sql_is_offered_where_it_makes_what_is_missing() {
        let sample = || {
            let sample = Sample::new(18).clock(115.0).partitioned(100, "t", 'r', "day", "date");
            let sample = sample.partition(101, 100, "t_1", &range(1082, Some(100), Some(110)));
            sample.partition(102, 100, "t_2", &range(1082, Some(120), Some(130)))
        };
        let hint = |sample: Sample| {
            let found = sample.verdict(&CHECK).findings.remove(0);
            assert!(found.remediation.is_none());
            found.hint.expect("a hint")
        };
        let detached = hint(sample().heap(103, "t_20000420", 1, 1.0));
        assert!(detached.contains("ALTER TABLE public.t ATTACH PARTITION public.t_20000420"), "{detached}");
        let taken = hint(sample().relation(103, RelationKind::View, "t_20000420", |_| {}));
        assert!(taken.contains("is taken"), "{taken}");
        let divided = hint(sample().with(|it| it.relations[1].kind = RelationKind::Partitioned));
        assert!(divided.contains("partitioned further"), "{divided}");
        let sql = |sample: Sample| {
            let found = sample.verdict(&CHECK).findings.remove(0);
            found.remediation.expect("a cure").sql
        };
        let of_another = sql(sample().login(10, "App", |_| {}));
        assert!(of_another.contains("\nALTER TABLE public.t_20000420 OWNER TO \"App\";\n"), "{of_another}");
        assert!(!sql(sample().login(10, "auditor", |_| {})).contains("OWNER"));
    }

    #[test]
    fn remainders_that_none_takes_are_told() {
        let sample = |taken: &[(i64, i64)]| {
            let sample = Sample::new(18).partitioned(100, "t", 'h', "id", "int8");
            taken.iter().zip(101..).fold(sample, |sample, ((modulus, remainder), oid)| {
                sample.partition(oid, 100, &format!("t_{oid}"), &hash(*modulus, *remainder))
            })
        };
        let check = |taken: &[(i64, i64)], expected: Status| {
            assert_eq!(sample(taken).status(&CHECK), expected, "{taken:?}");
        };
        check(&[(4, 0), (4, 1), (4, 2), (4, 3)], Status::Pass);
        check(&[(4, 0), (4, 1), (4, 2)], Status::Fail);
        check(&[(2, 0), (4, 1), (4, 3)], Status::Pass);
        check(&[(2, 0), (4, 1)], Status::Fail);
        check(&[], Status::Pass);
        let found = sample(&[(2, 0), (4, 1)]).verdict(&CHECK).findings.remove(0);
        assert_eq!(found.message, "no partition takes 1 of 4 remainders: rows of these are refused");
        assert!(found.hint.expect("a hint").contains("(MODULUS 4, REMAINDER 3)"));
        let unread = sample(&[(2, 0)]).partition(200, 100, "t_u", "{OTHER}");
        assert_eq!(unread.status(&CHECK), Status::Blind);
    }
}

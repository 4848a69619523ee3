//! A hole between two partitions.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::facts::partitions::{Ranges, Span};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "partition-gap",
    code: "PAR-03",
    group: Group::Partitions,
    title: "Between two partitions there is a range that no partition takes.",
    level: Status::Warn,
    required: false,
    matters: "A row in the gap is refused, or goes to the default partition. A gap that is over, by the server's clock, takes only \
              late rows, and is something to know, and so is one with a default partition. Ranges of whole numbers, dates and \
              times over one column are looked at. Overlaps there are none: the server refuses them. A partition that \
              was left far behind has a check of its own.",
    cure: "Make a partition for the gap.",
    sources: &[Source::Relations, Source::Inheritance, Source::PartitionKeys, Source::Columns, Source::Types],
    example: Some(Example {
        bad: include_str!("partition_gap/bad.sql"),
        good: include_str!("partition_gap/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
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

fn tell(facts: &Facts<'_>, ranges: &Ranges<'_>, before: &Span, (from, to): (i64, i64), ruling: &mut Ruling) {
    let now = ranges.axis.at(facts.census.server.taken_at_epoch_s);
    let is_over = now.is_some_and(|now| to <= now);
    let has_default = ranges.key.default_partition.is_some();
    let status = if is_over || has_default { Status::Info } else { Status::Warn };
    let name = facts.name(ranges.table.oid);
    let bounds = format!("FROM ({}) TO ({})", ranges.axis.literal(from), ranges.axis.literal(to));
    let part = facts.partition_name(ranges, from);
    let sql = format!("{}\n{}", facts.like_table(ranges, &part), facts.attach(ranges, &part, &bounds));
    let lock = if has_default { "ACCESS EXCLUSIVE" } else { "SHARE UPDATE EXCLUSIVE" };
    ruling
        .found(status, facts.name(before.oid), format!("behind it, {name} has no partition {bounds}"))
        .number("gap_from", ranges.axis.literal(from))
        .number("gap_to", ranges.axis.literal(to))
        .sql(sql, lock, true);
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::partitions::{DEFAULT, range};

    #[test]
    fn a_gap_that_is_over_is_only_told() {
        let sample = |clock: f64| {
            let sample = Sample::new(18).clock(clock).partitioned(100, "t", 'r', "day", "date");
            let sample = sample.partition(101, 100, "t_1", &range(1082, Some(100), Some(110)));
            sample.partition(102, 100, "t_2", &range(1082, Some(120), Some(130)))
        };
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(115.0), Status::Warn);
        check(sample(120.0), Status::Info);
        check(sample(115.0).partition(103, 100, "t_d", DEFAULT), Status::Info);
        let filled = range(1082, Some(110), Some(120));
        check(sample(115.0).partition(103, 100, "t_3", &filled), Status::Pass);
        assert_eq!(sample(115.0).objects(&CHECK), ["public.t_1"]);
    }
}

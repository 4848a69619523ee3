//! What the bounds of a partitioned table come to: which ranges are taken, which are missing, which are old. Pure.

use pgrefit_pg::partition::{Bound, Datum, Partition, PartitionedTable, Strategy};

use crate::report::Due;
use crate::{KeyType, Point, Step};

/// A range that a partition takes: from the first, included, to the second, excluded; `None` is without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Taken {
    pub(crate) from: Option<Point>,
    pub(crate) to: Option<Point>,
}

/// The key of a table that is partitioned by ranges of one column of this name, in such a way that `step` fits; or why it is not.
pub(crate) fn range_key(table: &PartitionedTable, key: &str, step: Step) -> Result<KeyType, String> {
    if table.strategy != Strategy::Range {
        return Err(format!("it is partitioned by {}, not by ranges", table.key_definition));
    }
    key_column(table, key)?;
    let data_type = table.key.first().and_then(|part| part.data_type.as_deref()).unwrap_or_default();
    match (KeyType::of(data_type), step) {
        (Some(key), Step::Calendar(_)) if key.is_time() => Ok(key),
        (Some(key), Step::Width(_)) if !key.is_time() => Ok(key),
        _ => Err(format!("its key is of type {data_type}, which does not go with what is wanted")),
    }
}

/// Whether a table is partitioned by this column alone; or why it is not.
pub(crate) fn key_column(table: &PartitionedTable, key: &str) -> Result<(), String> {
    match table.key.as_slice() {
        [part] if part.column.as_deref() == Some(key) => Ok(()),
        _ => Err(format!("it is partitioned by {}, not by {key} alone", table.key_definition)),
    }
}

/// The range of one partition; `None` for the default one and for a bound that is not understood.
pub(crate) fn range(partition: &Partition, key: KeyType) -> Option<Taken> {
    let Bound::Range { from, to } = &partition.bound else { return None };
    let end = |datum: &[Datum], open: &Datum| match datum {
        [datum] if datum == open => Some(None),
        [Datum::Value(text)] => key.point(text).map(Some),
        _ => None,
    };
    Some(Taken { from: end(from, &Datum::MinValue)?, to: end(to, &Datum::MaxValue)? })
}

/// The ranges of all partitions that take rows, in order, and the names of those that are not understood.
pub(crate) fn taken(table: &PartitionedTable, key: KeyType) -> (Vec<Taken>, Vec<String>) {
    let (mut ranges, mut unknown) = (Vec::new(), Vec::new());
    for partition in table.partitions.iter().filter(|it| it.bound != Bound::Default && !it.detach_pending) {
        match range(partition, key) {
            Some(range) => ranges.push(range),
            None => unknown.push(partition.name.to_string()),
        }
    }
    ranges.sort();
    (ranges, unknown)
}

/// The parts of a range that no partition takes. `ranges` in order.
pub(crate) fn missing(ranges: &[Taken], from: Point, to: Point) -> Vec<(Point, Point)> {
    let (mut at, mut missing) = (from, Vec::new());
    for range in ranges {
        if range.to.is_some_and(|end| end <= at) {
            continue;
        }
        let begin = range.from.unwrap_or(at);
        if begin >= to {
            break;
        }
        if begin > at {
            missing.push((at, begin));
        }
        match range.to {
            Some(end) => at = end,
            None => return missing,
        }
    }
    if at < to {
        missing.push((at, to));
    }
    missing
}

/// Ranges between partitions that none takes.
pub(crate) fn gaps(ranges: &[Taken]) -> Vec<(Point, Point)> {
    let pairs = ranges.windows(2).filter_map(|pair| Some((pair[0].to?, pair[1].from?)));
    pairs.filter(|(end, begin)| end < begin).collect()
}

/// Up to where there is no gap, beginning with the partition that `present` is in; `None` if there is none, or if there is no end.
pub(crate) fn ready_until(ranges: &[Taken], present: Point) -> Option<Point> {
    let mut at = present;
    for range in ranges {
        let begins_before = range.from.is_none_or(|from| from <= at);
        if begins_before && range.to.is_none_or(|to| to > at) {
            at = range.to?;
        }
    }
    (at > present).then_some(at)
}

/// Partitions that are wholly below a limit, oldest first.
pub(crate) fn due(table: &PartitionedTable, key: KeyType, limit: Point) -> Vec<Due> {
    let due = |partition: &Partition| {
        let until = range(partition, key)?.to.filter(|to| *to <= limit)?;
        Some(Due {
            parent: table.name.clone(),
            partition: partition.name.clone(),
            bound: partition.bound_text.clone(),
            until,
            rows: partition.rows,
            bytes: partition.bytes,
        })
    };
    let mut due: Vec<Due> = table.partitions.iter().filter(|it| !it.detach_pending).filter_map(due).collect();
    due.sort_by_key(|due| due.until);
    due
}

#[cfg(test)]
mod tests {
    use super::{Taken, gaps, missing, ready_until};
    use crate::Point;

    /// `-10`, `10-20`, `20-`.
    fn ranges(text: &str) -> Vec<Taken> {
        let end = |text: &str| text.parse().ok().map(Point::Number);
        let range = |text: &str| {
            let (from, to) = text.split_once("..").expect(text);
            Taken { from: end(from), to: end(to) }
        };
        text.split_whitespace().map(range).collect()
    }

    fn shown(pairs: &[(Point, Point)]) -> String {
        pairs.iter().map(|(from, to)| format!("{from}..{to}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_missing_is_found() {
        let check = |text: &str, expected: &str| {
            let found = missing(&ranges(text), Point::Number(10), Point::Number(20));
            assert_eq!(shown(&found), expected, "{text}");
        };
        check("", "10..20");
        check("..10", "10..20");
        check("..15", "15..20");
        check("10..20", "");
        check("0..12 18..30", "12..18");
        check("12..14 15..16", "10..12 14..15 16..20");
        check("..", "");
        check("15..", "10..15");
        check("20..30", "10..20");
    }

    #[test]
    fn gaps_lie_between_partitions() {
        let check = |text: &str, expected: &str| assert_eq!(shown(&gaps(&ranges(text))), expected, "{text}");
        check("", "");
        check("..10 10..20 20..30", "");
        check("..10 12..20 25..30", "10..12 20..25");
    }

    #[test]
    fn what_is_ready_ends_at_the_first_gap() {
        let check = |text: &str, expected: Option<i64>| {
            assert_eq!(ready_until(&ranges(text), Point::Number(15)), expected.map(Point::Number), "{text}");
        };
        check("..10 10..20 20..30", Some(30));
        check("..20 25..30", Some(20));
        check("..10", None);
        check("..", None);
        check("20..30", None);
    }
}

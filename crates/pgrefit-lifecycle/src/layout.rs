//! Which partitions a conversion by range makes: pure arithmetic over the facts.

use pgrefit_catalog::Name;

use crate::interval::{Interval, Step};
use crate::name::suffixed;
use crate::{Facts, KeyType, PartitionSet, Point};

/// More partitions than this cost every query that prunes nothing more than they are worth, and their locks fill the server's table of
/// them.
pub(crate) const PARTITIONS_MAX: usize = 500;

/// The partitions of a conversion by range.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) key_type: KeyType,
    pub(crate) step: Step,
    /// Below it is the table as it is; above it are partitions of their own. It lies in the future, so that rows that come during the
    /// conversion fit.
    pub(crate) boundary: Point,
    /// What sets the names of the old table and of what belongs to it apart: `until_2026_12`.
    pub(crate) suffix: String,
    /// What the table is called when it is a partition.
    pub(crate) old: Name,
    /// Those above the boundary.
    pub(crate) ahead: Vec<Part>,
}

/// A partition.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) name: Name,
    /// `None` is MINVALUE.
    pub(crate) from: Option<Point>,
    pub(crate) to: Point,
}

impl Layout {
    /// `None` where the key is none, or no boundary can be written down.
    pub(crate) fn of(facts: &Facts, set: &PartitionSet) -> Option<Self> {
        let (step, key_type) = (set.step()?, facts.key_type(set)?);
        let highest = greatest(facts, key_type);
        let natural = natural_boundary(facts, step, highest)?;
        let boundary = match highest {
            Some(highest) if highest >= natural => step.next(highest)?,
            _ => natural,
        };
        let name = facts.name();
        let suffix = format!("until_{}", step.label(boundary));
        let mut from = boundary;
        let mut ahead = Vec::new();
        for _ in 0..set.ahead {
            let part = Part::new(set, name, step, Some(from), step.add(from, 1)?);
            from = part.to;
            ahead.push(part);
        }
        let old = Name::new(name.schema.clone(), suffixed(&name.name, &suffix));
        Some(Self { key_type, step, boundary, suffix, old, ahead })
    }

    /// Those below the boundary, into which rows are moved; the first takes all that is older than what is there. `None` where that is not
    /// known, or there would be too many.
    pub(crate) fn split(&self, facts: &Facts, set: &PartitionSet) -> Option<Vec<Part>> {
        let extremes = facts.extremes.as_ref()?;
        let least = match extremes.min.as_deref() {
            // Of what is older than everything, the first one takes care.
            Some("-infinity") => return None,
            Some(text) => self.key_type.point(text)?,
            None => self.step.add(self.boundary, -1)?,
        };
        let mut from = self.step.floor(least)?;
        let name = facts.name();
        let mut parts = vec![Part {
            name: Name::new(name.schema.clone(), set.partition_name(&name.name, "min")),
            from: None,
            to: from,
        }];
        while from < self.boundary {
            if parts.len() >= PARTITIONS_MAX {
                return None;
            }
            let part = Part::new(set, name, self.step, Some(from), self.step.add(from, 1)?);
            from = part.to;
            parts.push(part);
        }
        Some(parts)
    }

    /// What follows the name of the old table in `ATTACH PARTITION`.
    pub(crate) fn old_bound(&self) -> String {
        format!("FOR VALUES FROM (MINVALUE) TO ({})", self.key_type.literal(self.boundary))
    }

    /// How much of the time until the boundary must be left when the conversion begins: rows that come after it are refused until it is
    /// done. In hours, for a key that is a moment.
    pub(crate) fn hours_left_min(&self) -> i64 {
        match self.step {
            Step::Calendar(interval) => margin_days(interval) * 12,
            Step::Width(_) => 0,
        }
    }
}

impl Part {
    pub(crate) fn new(set: &PartitionSet, table: &Name, step: Step, from: Option<Point>, to: Point) -> Self {
        let label = from.map_or_else(|| "min".to_owned(), |from| step.label(from));
        let name = Name::new(table.schema.clone(), set.partition_name(&table.name, &label));
        Self { name, from, to }
    }

    /// `FOR VALUES FROM (…) TO (…)`.
    pub(crate) fn bound(&self, key_type: KeyType) -> String {
        let from = self.from.map_or_else(|| "MINVALUE".to_owned(), |from| key_type.literal(from));
        format!("FOR VALUES FROM ({from}) TO ({})", key_type.literal(self.to))
    }

    /// The bound as a condition on the column, quoted: what a `CHECK` must say so that attaching reads no row.
    pub(crate) fn condition(&self, key_type: KeyType, column: &str) -> String {
        let below = format!("{column} < {}", key_type.typed_literal(self.to));
        match self.from {
            Some(from) => {
                format!("{column} IS NOT NULL AND {column} >= {} AND {below}", key_type.typed_literal(from))
            }
            None => format!("{column} IS NOT NULL AND {below}"),
        }
    }
}

/// The greatest value of the key, as far as it is one that can be written down.
pub(crate) fn greatest(facts: &Facts, key_type: KeyType) -> Option<Point> {
    key_type.point(facts.extremes.as_ref()?.max.as_deref()?)
}

/// The first boundary that leaves time enough for the conversion; of numbers, one that is at least a whole width above what is there.
pub(crate) fn natural_boundary(facts: &Facts, step: Step, highest: Option<Point>) -> Option<Point> {
    match (step, facts.now()?) {
        (Step::Calendar(interval), Point::Time(now)) => {
            step.next(Point::Time(now.checked_add(time::Duration::days(margin_days(interval)))?))
        }
        (Step::Width(_), _) => step.add(step.next(highest.unwrap_or(Point::Number(0)))?, 1),
        _ => None,
    }
}

fn margin_days(interval: Interval) -> i64 {
    match interval {
        Interval::Day => 2,
        Interval::Week => 3,
        Interval::Month | Interval::Quarter | Interval::Year => 7,
    }
}

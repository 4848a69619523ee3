//! Partitions by range, as numbers on one axis, and how to write those numbers as SQL.

use pgrefit_catalog::census::{Bound, ConstraintKind, End, PartitionKey, Relation, RelationKind};

use super::Facts;
use super::indexes::float;
use crate::object;

/// 2000-01-01, the beginning of PostgreSQL's dates, in seconds since 1970.
const EPOCH_S: f64 = 946_684_800.0;

/// The same in days.
const EPOCH_DAYS: i64 = 10_957;

/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

/// What the axis of a range counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Axis {
    /// Whole numbers.
    Integer,
    /// Days since 2000.
    Date,
    /// Microseconds since 2000, of `timestamp`.
    Timestamp,
    /// Microseconds since 2000, of `timestamptz`.
    TimestampTz,
}

impl Axis {
    fn of(type_oid: u32) -> Option<Self> {
        match type_oid {
            20 | 21 | 23 => Some(Self::Integer),
            1082 => Some(Self::Date),
            1114 => Some(Self::Timestamp),
            1184 => Some(Self::TimestampTz),
            _ => None,
        }
    }

    /// How many of it a day has; none of whole numbers.
    pub(crate) const fn day(self) -> Option<i64> {
        match self {
            Self::Integer => None,
            Self::Date => Some(1),
            Self::Timestamp | Self::TimestampTz => Some(DAY_US),
        }
    }

    /// A moment on it; none of whole numbers.
    #[expect(clippy::cast_possible_truncation, reason = "a clock within the years of PostgreSQL")]
    pub(crate) fn at(self, epoch_s: f64) -> Option<i64> {
        let since = epoch_s - EPOCH_S;
        match self {
            Self::Integer => None,
            Self::Date => Some((since / 86_400.0).floor() as i64),
            Self::Timestamp | Self::TimestampTz => Some((since * 1e6) as i64),
        }
    }

    /// How many days, and parts of one, from a moment to a value; none of whole numbers.
    pub(crate) fn days_until(self, value: i64, epoch_s: f64) -> Option<f64> {
        Some(float(value) / float(self.day()?) - (epoch_s - EPOCH_S) / 86_400.0)
    }

    /// A value as a literal.
    pub(crate) fn literal(self, value: i64) -> String {
        let moment = |zone: &str| {
            let (year, month, day) = civil(value.div_euclid(DAY_US));
            let seconds = value.rem_euclid(DAY_US) / 1_000_000;
            let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
            let micros = match value.rem_euclid(1_000_000) {
                0 => String::new(),
                micros => format!(".{micros:06}"),
            };
            format!("'{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{micros}{zone}'")
        };
        match self {
            Self::Integer => value.to_string(),
            Self::Date => {
                let (year, month, day) = civil(value);
                format!("'{year:04}-{month:02}-{day:02}'")
            }
            Self::Timestamp => moment(""),
            Self::TimestampTz => moment("+00"),
        }
    }

    /// The end of the range that follows one of these ends: as long as it, by the calendar where it begins and ends with a month.
    pub(crate) fn next(self, lower: i64, upper: i64) -> Option<i64> {
        let Some(day) = self.day() else {
            let width = upper.checked_sub(lower)?;
            return upper.checked_add(width).filter(|_| !may_be_dates(lower, upper));
        };
        let first_of_month = |value: i64| {
            let (year, month, date) = civil(value.div_euclid(day));
            (value.rem_euclid(day) == 0 && date == 1).then_some(year * 12 + month - 1)
        };
        match (first_of_month(lower), first_of_month(upper)) {
            (Some(from), Some(to)) => {
                let next = to + (to - from);
                days(next.div_euclid(12), next.rem_euclid(12) + 1, 1).checked_mul(day)
            }
            // Months in another time zone than UTC are not all of one length.
            _ if upper - lower > 7 * day => None,
            _ => upper.checked_add(upper - lower),
        }
    }
}

/// Whether two whole numbers may stand for months or days, as 202611 and 20261126 do: what follows 202612 is not 202613 then.
fn may_be_dates(lower: i64, upper: i64) -> bool {
    let month = |it: i64| (1900..3000).contains(&(it / 100)) && (1..=13).contains(&(it % 100));
    let day = |it: i64| month(it / 100) && (1..=32).contains(&(it % 100));
    let width = upper.saturating_sub(lower);
    (width <= 100 && month(lower) && month(upper)) || (width <= 10_000 && day(lower) && day(upper))
}

/// Year, month and day of a day since 2000. Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + EPOCH_DAYS + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// The day since 2000 of a date.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year
        - 719_468
        - EPOCH_DAYS
}

/// What a partition holds of the first column of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The partition.
    pub(crate) oid: u32,
    /// From, included; none from the beginning.
    pub(crate) lower: Option<i64>,
    /// To, excluded; none without end.
    pub(crate) upper: Option<i64>,
}

impl Span {
    /// How far it reaches; none without an end.
    pub(crate) fn width(&self) -> Option<i64> {
        self.upper?.checked_sub(self.lower?).filter(|width| *width > 0)
    }
}

/// A table partitioned by range over whole numbers, dates or times.
#[derive(Clone, Debug)]
pub(crate) struct Ranges<'a> {
    /// The partitioned table.
    pub(crate) table: &'a Relation,
    /// Its key.
    pub(crate) key: &'a PartitionKey,
    /// What the axis counts.
    pub(crate) axis: Axis,
    /// The partitions, without the default one and those being detached, in order.
    pub(crate) spans: Vec<Span>,
}

impl Ranges<'_> {
    /// How far partitions reach: the width of the last that has both ends.
    pub(crate) fn interval(&self) -> Option<i64> {
        self.spans.iter().rev().find_map(Span::width)
    }

    /// A name for a partition that begins at a value, as it is.
    fn partition_name(&self, from: i64) -> String {
        let digits = |it: String| it.chars().filter(char::is_ascii_digit).collect::<String>();
        let literal = self.axis.literal(from);
        let day = if self.axis == Axis::Integer { literal } else { digits(literal) };
        // Of a moment at midnight the day is enough.
        let day = day.strip_suffix("00000000").filter(|it| it.len() == 8).map(str::to_owned).unwrap_or(day);
        let day = day.strip_suffix("000000").filter(|it| it.len() == 8).map(str::to_owned).unwrap_or(day);
        let short: String = self.table.name.chars().take(40).collect();
        format!("{short}_{day}")
    }
}

impl<'a> Facts<'a> {
    /// Partitioned tables of users, those within others too, with their keys.
    pub(crate) fn partitioned(&self) -> impl Iterator<Item = (&'a Relation, &'a PartitionKey)> + '_ {
        self.tables().filter_map(|table| Some((table, self.partition_key(table.oid)?)))
    }

    /// Those partitioned by range over whole numbers, dates or times.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = Ranges<'a>> + '_ {
        self.partitioned().filter_map(|(table, key)| self.ranges_of(table, key))
    }

    /// One of those; none where the key is of another kind, or a bound is not known.
    fn ranges_of(&self, table: &'a Relation, key: &'a PartitionKey) -> Option<Ranges<'a>> {
        if key.strategy != 'r' {
            return None;
        }
        let column = key.columns.first().and_then(|number| self.column(table.oid, *number));
        let mut axis = column.and_then(|it| self.axis(it.type_oid));
        let mut spans = Vec::new();
        for child in self.attached(table.oid) {
            let bound = self.relation(child)?.bound.as_ref()?.bound()?;
            let Bound::Range { lower, upper } = bound else { continue };
            let (lower, upper) = (lower.first()?, upper.first()?);
            if !self.is_on_axis(lower, &mut axis) || !self.is_on_axis(upper, &mut axis) {
                return None;
            }
            spans.push(Span { oid: child, lower: value(lower, axis), upper: value(upper, axis) });
        }
        spans.sort_by_key(|span| (span.lower, span.upper.is_none(), span.upper));
        Some(Ranges { table, key, axis: axis?, spans })
    }

    /// The partitions of a table, the default one among them, without those being detached.
    pub(crate) fn attached(&self, table: u32) -> Vec<u32> {
        let pending = self.census.inheritance.iter().filter(|edge| edge.detach_pending);
        let pending: Vec<u32> = pending.map(|edge| edge.child).collect();
        self.children(table).iter().copied().filter(|child| !pending.contains(child)).collect()
    }

    /// What values of a type are counted by; of a domain, those of the type beneath.
    fn axis(&self, type_oid: u32) -> Option<Axis> {
        Axis::of(self.base_type(type_oid).map_or(type_oid, |it| it.oid))
    }

    /// Whether an end is on the axis, which the first value decides if nothing has.
    fn is_on_axis(&self, end: &End, axis: &mut Option<Axis>) -> bool {
        let End::Value(constant) = end else { return true };
        self.axis(constant.type_oid).is_some_and(|found| *axis.get_or_insert(found) == found)
    }

    /// Whether a partition was left behind by retention: the gap to the next is in the past, and as wide as three partitions.
    pub(crate) fn is_left_behind(&self, ranges: &Ranges<'_>, before: &Span, behind: &Span) -> bool {
        let now = ranges.axis.at(self.census.server.taken_at_epoch_s);
        let (Some(from), Some(to), Some(now)) = (before.upper, behind.lower, now) else { return false };
        let wide = ranges.interval().is_some_and(|each| to.saturating_sub(from) / 3 >= each);
        wide && to <= now
    }

    /// The statements that make the partitions behind the last, up to a value and one at least. Instead what to do where they are
    /// not known: the key has several columns, the calendar does not tell how far one should reach, there would be very many.
    pub(crate) fn next_partitions(&self, ranges: &Ranges<'_>, until: i64) -> Result<String, String> {
        const MOST: usize = 36;
        let unknown = || "make the partitions that come next, and attach them".to_owned();
        let last = ranges.spans.last().filter(|_| ranges.key.columns.len() == 1);
        let ends = last.and_then(|last| Some((last.lower?, last.upper?)));
        let ((mut lower, mut upper), axis) = (ends.ok_or_else(unknown)?, ranges.axis);
        let mut statements = Vec::new();
        while statements.is_empty() || upper < until {
            let next = axis.next(lower, upper).filter(|_| statements.len() < MOST).ok_or_else(unknown)?;
            let bounds = format!("FROM ({}) TO ({})", axis.literal(upper), axis.literal(next));
            statements.push(self.make_partition(ranges, upper, &bounds)?);
            (lower, upper) = (upper, next);
        }
        Ok(statements.join("\n"))
    }

    /// The statements that make one partition, which begins at a value; instead what to do where they would not make it as it
    /// should be.
    pub(crate) fn make_partition(
        &self,
        ranges: &Ranges<'_>,
        from: i64,
        bounds: &str,
    ) -> Result<String, String> {
        let (table, name) = (self.name(ranges.table.oid), ranges.partition_name(from));
        let part = object::qualified(self.schema_of(ranges.table), &name);
        let attach = format!("ALTER TABLE {table} ATTACH PARTITION {part} FOR VALUES {bounds}");
        let named = |it: &&Relation| it.namespace == ranges.table.namespace && it.name == name;
        if let Some(there) = self.census.relations.iter().find(named) {
            let is_table = matches!(there.kind, RelationKind::Table | RelationKind::Partitioned);
            return Err(if is_table && !there.is_partition {
                format!("{part} is a table already: if it has the rows of this range, {attach}")
            } else {
                format!("make a partition {bounds}; the name {part} is taken")
            });
        }
        let is_divided =
            |span: &Span| self.relation(span.oid).is_some_and(|it| it.kind == RelationKind::Partitioned);
        if ranges.spans.iter().any(is_divided) {
            return Err(format!("make a partition {bounds} that is partitioned further, as others are"));
        }
        // Who runs this owns what it makes.
        let owner = self.role(ranges.table.owner).filter(|it| it.name != self.census.server.user);
        let owner = owner.map(|it| format!("ALTER TABLE {part} OWNER TO {};\n", self.role_name(it.oid)));
        // Partitions have no identity of their own.
        Ok(format!(
            "CREATE TABLE {part} (LIKE {table} INCLUDING ALL EXCLUDING IDENTITY);\n{}{attach};",
            owner.unwrap_or_default()
        ))
    }

    /// The strongest lock that making a partition takes on what is in use: on the default partition, on what foreign keys of the
    /// table refer to, or on the table itself.
    pub(crate) fn attach_lock(&self, ranges: &Ranges<'_>) -> &'static str {
        let refers =
            self.constraints(ranges.table.oid).iter().any(|it| it.kind == ConstraintKind::ForeignKey);
        if ranges.key.default_partition.is_some() {
            "ACCESS EXCLUSIVE"
        } else if refers {
            "SHARE ROW EXCLUSIVE"
        } else {
            "SHARE UPDATE EXCLUSIVE"
        }
    }

    /// Rows of the default partition, as far as anything tells.
    pub(crate) fn default_rows(&self, default: u32) -> f64 {
        let rows = |leaf: u32| {
            let counted = self.statistics(leaf).map_or(0.0, |it| super::indexes::float(it.live));
            self.rows(leaf).unwrap_or(0.0).max(counted)
        };
        self.leaves(default).iter().map(|leaf| rows(leaf.oid)).sum()
    }

    /// The first column of the key of a partitioned table, by name; none of an expression.
    pub(crate) fn first_key_column(&self, key: &PartitionKey) -> Option<&'a str> {
        self.column(key.relation, *key.columns.first()?).map(|column| column.name.as_str())
    }
}

/// An end as a number; none if it is infinite.
fn value(end: &End, axis: Option<Axis>) -> Option<i64> {
    let End::Value(constant) = end else { return None };
    let value = constant.integer()?;
    let infinite = match axis? {
        Axis::Integer => false,
        Axis::Date => value == i64::from(i32::MAX) || value == i64::from(i32::MIN),
        Axis::Timestamp | Axis::TimestampTz => value == i64::MAX || value == i64::MIN,
    };
    (!infinite).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::{Axis, civil, days};

    #[test]
    fn days_are_dates() {
        for (day, date) in
            [(0, (2000, 1, 1)), (59, (2000, 2, 29)), (-1, (1999, 12, 31)), (9_497, (2026, 1, 1))]
        {
            assert_eq!(civil(day), date);
            assert_eq!(days(date.0, date.1, date.2), day);
        }
    }

    #[test]
    fn the_next_range_follows_the_calendar() {
        let check = |axis: Axis, lower: i64, upper: i64, expected: Option<&str>| {
            let next = axis.next(lower, upper).map(|next| axis.literal(next));
            assert_eq!(next.as_deref(), expected);
        };
        let day = |year, month, date| days(year, month, date);
        check(Axis::Date, day(2025, 1, 1), day(2025, 2, 1), Some("'2025-03-01'"));
        check(Axis::Date, day(2024, 10, 1), day(2025, 1, 1), Some("'2025-04-01'"));
        check(Axis::Date, day(2025, 1, 6), day(2025, 1, 13), Some("'2025-01-20'"));
        check(Axis::Date, day(2025, 1, 6), day(2025, 2, 6), None);
        check(Axis::Integer, 100, 200, Some("300"));
        check(Axis::Integer, 2_025, 2_026, Some("2027"));
        check(Axis::Integer, 202_611, 202_612, None);
        check(Axis::Integer, 20_261_101, 20_261_201, None);
        let us = |day: i64| day * super::DAY_US;
        let (from, to) = (us(day(2025, 1, 1)), us(day(2025, 2, 1)));
        check(Axis::TimestampTz, from, to, Some("'2025-03-01 00:00:00+00'"));
        check(Axis::Timestamp, us(0), 3_600_000_000, Some("'2000-01-01 02:00:00'"));
    }
}

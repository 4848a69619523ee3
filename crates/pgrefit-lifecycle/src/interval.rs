//! Where partitions begin: boundaries of calendar intervals in UTC, and multiples of a width.

use time::{Date, Duration, Month, PrimitiveDateTime, Time};

use crate::Point;

/// A calendar interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interval {
    /// From midnight to midnight.
    Day,
    /// From Monday to Monday.
    Week,
    /// From the first of a month.
    Month,
    /// From the first of January, April, July or October.
    Quarter,
    /// From the first of January.
    Year,
}

/// How far the boundaries of partitions are apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A calendar interval, in UTC.
    Calendar(Interval),
    /// So many numbers; at least 1.
    Width(i64),
}

impl Interval {
    /// Its name in the configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The interval of this name, in the singular or the plural.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let all = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];
        all.into_iter().find(|interval| word.strip_suffix('s').unwrap_or(word) == interval.word())
    }

    /// The first day of the interval that `day` is in. `None` before the year -9999.
    fn floor(self, day: Date) -> Option<Date> {
        match self {
            Self::Day => Some(day),
            Self::Week => day.checked_sub(Duration::days(i64::from(day.weekday().number_days_from_monday()))),
            Self::Month => day.replace_day(1).ok(),
            Self::Quarter => {
                let first = (u8::from(day.month()) - 1) / 3 * 3 + 1;
                Date::from_calendar_date(day.year(), Month::try_from(first).ok()?, 1).ok()
            }
            Self::Year => Date::from_calendar_date(day.year(), Month::January, 1).ok(),
        }
    }

    /// `count` intervals behind `day`, or before it; a day that a month does not have becomes its last one. `None` outside of the
    /// years -9999 to 9999.
    #[must_use]
    pub fn add(self, day: Date, count: i64) -> Option<Date> {
        match self {
            Self::Day => day.checked_add(Duration::days(count)),
            Self::Week => day.checked_add(Duration::days(count.checked_mul(7)?)),
            Self::Month => add_months(day, count),
            Self::Quarter => add_months(day, count.checked_mul(3)?),
            Self::Year => add_months(day, count.checked_mul(12)?),
        }
    }

    /// The longest that one can be.
    #[must_use]
    pub fn days_max(self) -> i64 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 31,
            Self::Quarter => 92,
            Self::Year => 366,
        }
    }

    fn label(self, day: Date) -> String {
        let (year, month) = (day.year(), u8::from(day.month()));
        let year = if year < 0 { format!("m{:04}", -year) } else { format!("{year:04}") };
        match self {
            Self::Day | Self::Week => format!("{year}_{month:02}_{:02}", day.day()),
            Self::Month => format!("{year}_{month:02}"),
            Self::Quarter => format!("{year}_q{}", (month - 1) / 3 + 1),
            Self::Year => year,
        }
    }
}

impl Step {
    /// The last boundary at or before a point. `None` where there is none that can be written down, and for a point of another kind.
    #[must_use]
    pub fn floor(self, point: Point) -> Option<Point> {
        match (self, point) {
            (Self::Calendar(interval), Point::Time(time)) => interval.floor(time.date()).map(midnight),
            (Self::Width(width), Point::Number(number)) => {
                number.checked_sub(number.rem_euclid(width.max(1))).map(Point::Number)
            }
            _ => None,
        }
    }

    /// `count` boundaries behind the boundary `point`, or before it. `None` as for [`Step::floor`].
    #[must_use]
    pub fn add(self, point: Point, count: i64) -> Option<Point> {
        match (self, point) {
            (Self::Calendar(interval), Point::Time(time)) => interval.add(time.date(), count).map(midnight),
            (Self::Width(width), Point::Number(number)) => {
                number.checked_add(width.checked_mul(count)?).map(Point::Number)
            }
            _ => None,
        }
    }

    /// The first boundary behind a point.
    #[must_use]
    pub fn next(self, point: Point) -> Option<Point> {
        self.add(self.floor(point)?, 1)
    }

    /// What stands in the name of a partition that begins at `point`: `2026_12`, `2026_q4`, `1000000`, `m500` for -500.
    #[must_use]
    pub fn label(self, point: Point) -> String {
        match (self, point) {
            (Self::Calendar(interval), Point::Time(time)) => interval.label(time.date()),
            (_, Point::Number(number)) if number < 0 => format!("m{}", number.unsigned_abs()),
            (_, Point::Number(number)) => number.to_string(),
            (Self::Width(_), Point::Time(time)) => Interval::Day.label(time.date()),
        }
    }

    /// How many boundaries lie behind `from` up to `to`, at most `most`.
    #[must_use]
    pub fn count(self, from: Point, to: Point, most: usize) -> usize {
        let mut at = from;
        for count in 0..most {
            match self.next(at) {
                Some(next) if next <= to => at = next,
                _ => return count,
            }
        }
        most
    }
}

fn midnight(day: Date) -> Point {
    Point::Time(PrimitiveDateTime::new(day, Time::MIDNIGHT))
}

fn add_months(day: Date, count: i64) -> Option<Date> {
    let months = i64::from(day.year()) * 12 + i64::from(u8::from(day.month())) - 1;
    let months = months.checked_add(count)?;
    let year = i32::try_from(months.div_euclid(12)).ok()?;
    let month = Month::try_from(u8::try_from(months.rem_euclid(12)).ok()? + 1).ok()?;
    let last = month.length(year);
    Date::from_calendar_date(year, month, day.day().min(last)).ok()
}

#[cfg(test)]
mod tests {
    use super::{Interval, Step};
    use crate::{KeyType, Point};

    fn point(text: &str) -> Point {
        let of = |key: KeyType| key.point(text);
        of(KeyType::BigInt).or_else(|| of(KeyType::TimestampTz)).expect(text)
    }

    /// The boundary before a point, the next two, and the label of the first.
    fn check(step: Step, text: &str, expected: [&str; 4]) {
        let floor = step.floor(point(text)).expect(text);
        let next = step.next(point(text)).expect(text);
        let second = step.add(floor, 2).expect(text);
        let found = [floor, next, second].map(|point| point.to_string());
        assert_eq!(
            (&found[..], step.label(floor)),
            (&expected.map(str::to_owned)[..3], expected[3].to_owned()),
            "{text}"
        );
    }

    fn calendar(word: &str) -> Step {
        Step::Calendar(Interval::of_word(word).expect(word))
    }

    #[test]
    fn days_go_over_the_end_of_months_and_years() {
        let day = calendar("day");
        check(day, "2024-02-28 23:59:59.999999+00", ["2024-02-28", "2024-02-29", "2024-03-01", "2024_02_28"]);
        check(day, "2023-02-28 12:00:00+00", ["2023-02-28", "2023-03-01", "2023-03-02", "2023_02_28"]);
        check(day, "2026-12-31 00:00:00+00", ["2026-12-31", "2027-01-01", "2027-01-02", "2026_12_31"]);
        check(day, "1900-02-28", ["1900-02-28", "1900-03-01", "1900-03-02", "1900_02_28"]);
        check(day, "2000-02-28", ["2000-02-28", "2000-02-29", "2000-03-01", "2000_02_28"]);
    }

    #[test]
    fn weeks_begin_on_mondays() {
        let week = calendar("weeks");
        check(week, "2026-01-01", ["2025-12-29", "2026-01-05", "2026-01-12", "2025_12_29"]);
        check(week, "2026-01-05", ["2026-01-05", "2026-01-12", "2026-01-19", "2026_01_05"]);
        check(week, "2024-03-03", ["2024-02-26", "2024-03-04", "2024-03-11", "2024_02_26"]);
    }

    #[test]
    fn months_quarters_and_years_have_their_first_days() {
        check(
            calendar("month"),
            "2026-12-31 23:59:59+00",
            ["2026-12-01", "2027-01-01", "2027-02-01", "2026_12"],
        );
        check(calendar("month"), "2024-02-29", ["2024-02-01", "2024-03-01", "2024-04-01", "2024_02"]);
        check(calendar("quarter"), "2026-12-31", ["2026-10-01", "2027-01-01", "2027-04-01", "2026_q4"]);
        check(calendar("quarter"), "2026-01-01", ["2026-01-01", "2026-04-01", "2026-07-01", "2026_q1"]);
        check(calendar("year"), "2024-02-29", ["2024-01-01", "2025-01-01", "2026-01-01", "2024"]);
    }

    #[test]
    fn widths_have_multiples_on_both_sides_of_zero() {
        check(Step::Width(100), "250", ["200", "300", "400", "200"]);
        check(Step::Width(100), "0", ["0", "100", "200", "0"]);
        check(Step::Width(100), "-1", ["-100", "0", "100", "m100"]);
        check(Step::Width(100), "-100", ["-100", "0", "100", "m100"]);
        check(Step::Width(7), "-8", ["-14", "-7", "0", "m14"]);
        check(Step::Width(1), "-8", ["-8", "-7", "-6", "m8"]);
    }

    #[test]
    fn where_numbers_end_there_is_no_boundary() {
        let wide = Step::Width(i64::MAX);
        assert_eq!(wide.next(Point::Number(i64::MAX)), None);
        assert_eq!(Step::Width(1000).floor(Point::Number(i64::MIN)), None);
        assert_eq!(calendar("year").next(point("9999-05-05")), None);
        assert_eq!(calendar("year").floor(Point::Number(1)), None);
    }

    #[test]
    fn a_day_that_a_month_does_not_have_becomes_its_last() {
        let check = |interval: Interval, day: &str, count: i64, expected: &str| {
            let Point::Time(time) = point(day) else { panic!("{day}") };
            assert_eq!(
                interval.add(time.date(), count).expect("a day").to_string(),
                expected,
                "{day} {count}"
            );
        };
        check(Interval::Month, "2024-03-31", -1, "2024-02-29");
        check(Interval::Month, "2023-03-31", -1, "2023-02-28");
        check(Interval::Year, "2024-02-29", -1, "2023-02-28");
        check(Interval::Quarter, "2026-01-31", -1, "2025-10-31");
        check(Interval::Month, "2026-12-15", 13, "2028-01-15");
    }

    #[test]
    fn boundaries_are_counted_up_to_a_bound() {
        let check = |from: &str, to: &str, expected: usize| {
            assert_eq!(calendar("month").count(point(from), point(to), 50), expected, "{from} {to}");
        };
        check("2026-11-26", "2027-02-01", 3);
        check("2026-11-26", "2027-01-31", 2);
        check("2026-11-26", "2026-11-01", 0);
        check("1990-11-26", "2026-11-01", 50);
    }
}

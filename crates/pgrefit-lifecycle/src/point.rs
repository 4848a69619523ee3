//! A value of a key that partitions are made by: a moment or a number, read from the server's text and written as a literal.

use std::fmt;

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, PrimitiveDateTime, Time};

/// A moment in UTC, or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// A moment; of a key without a time zone, as if it were UTC.
    Time(PrimitiveDateTime),
    /// A number.
    Number(i64),
}

/// The types of keys that ranges can be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// `timestamp with time zone`.
    TimestampTz,
    /// `timestamp without time zone`.
    Timestamp,
    /// `date`.
    Date,
    /// `bigint`.
    BigInt,
    /// `integer`.
    Integer,
    /// `smallint`.
    SmallInt,
}

/// Without a fraction, which has no fixed length.
const TO_THE_SECOND: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

impl KeyType {
    /// The type that `format_type` prints so. `None` for one that ranges are not made of here.
    #[must_use]
    pub fn of(data_type: &str) -> Option<Self> {
        // A precision of seconds does not matter.
        let base = match data_type.split_once('(') {
            Some((head, tail)) => format!("{head}{}", tail.split_once(')').map_or("", |(_, tail)| tail)),
            None => data_type.to_owned(),
        };
        match base.as_str() {
            "timestamp with time zone" => Some(Self::TimestampTz),
            "timestamp without time zone" => Some(Self::Timestamp),
            "date" => Some(Self::Date),
            "bigint" => Some(Self::BigInt),
            "integer" => Some(Self::Integer),
            "smallint" => Some(Self::SmallInt),
            _ => None,
        }
    }

    /// Whether it is a moment; else a number.
    #[must_use]
    pub fn is_time(self) -> bool {
        matches!(self, Self::TimestampTz | Self::Timestamp | Self::Date)
    }

    /// A value as the server prints it in UTC and ISO. `None` for infinity, and for years that are not between 0 and 9999.
    #[must_use]
    pub fn point(self, text: &str) -> Option<Point> {
        if !self.is_time() {
            return text.parse().ok().map(Point::Number);
        }
        let text = text.strip_suffix("+00").unwrap_or(text);
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let micros = format!("{fraction:0<6}").parse().ok()?;
        let time = PrimitiveDateTime::parse(whole, TO_THE_SECOND).ok();
        let time = time.and_then(|time| time.replace_microsecond(micros).ok());
        let day = || Some(PrimitiveDateTime::new(Date::parse(whole, DAY).ok()?, Time::MIDNIGHT));
        time.or_else(day).map(Point::Time)
    }

    /// A boundary as a literal that means the same in every session.
    #[must_use]
    pub fn literal(self, point: Point) -> String {
        match (self, point) {
            (Self::TimestampTz, Point::Time(time)) => format!("'{} {}+00'", day(time), clock(time)),
            (Self::Timestamp, Point::Time(time)) => format!("'{} {}'", day(time), clock(time)),
            (_, Point::Time(time)) => format!("'{}'", day(time)),
            (_, Point::Number(number)) if number < 0 => format!("'{number}'"),
            (_, Point::Number(number)) => number.to_string(),
        }
    }

    /// The same with its type, for an expression.
    #[must_use]
    pub fn typed_literal(self, point: Point) -> String {
        let cast = match self {
            Self::TimestampTz => "timestamptz",
            Self::Timestamp => "timestamp",
            Self::Date => "date",
            Self::BigInt => "bigint",
            Self::Integer => "integer",
            Self::SmallInt => "smallint",
        };
        format!("{}::{cast}", self.literal(point))
    }

    /// The greatest number that a column of this type takes.
    #[must_use]
    pub fn number_max(self) -> i64 {
        match self {
            Self::SmallInt => i64::from(i16::MAX),
            Self::Integer => i64::from(i32::MAX),
            _ => i64::MAX,
        }
    }
}

fn day(time: PrimitiveDateTime) -> String {
    format!("{:04}-{:02}-{:02}", time.year(), u8::from(time.month()), time.day())
}

fn clock(time: PrimitiveDateTime) -> String {
    let whole = format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
    if time.microsecond() == 0 { whole } else { format!("{whole}.{:06}", time.microsecond()) }
}

/// For a reader: `2026-12-01`, `2026-12-01 08:30:00`, `1000`.
impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) if time.time() == Time::MIDNIGHT => f.write_str(&day(*time)),
            Self::Time(time) => write!(f, "{} {}", day(*time), clock(*time)),
            Self::Number(number) => number.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::KeyType;

    #[test]
    fn texts_of_the_server_become_literals_of_boundaries() {
        let check = |data_type: &str, text: &str, expected: Option<&str>| {
            let key = KeyType::of(data_type).expect(data_type);
            let found = key.point(text).map(|point| key.literal(point));
            assert_eq!(found.as_deref(), expected, "{data_type} {text}");
        };
        let zoned = "timestamp with time zone";
        check(zoned, "2026-12-01 00:00:00+00", Some("'2026-12-01 00:00:00+00'"));
        check(zoned, "2026-12-01 08:30:01.123456+00", Some("'2026-12-01 08:30:01.123456+00'"));
        check("timestamp(3) with time zone", "0001-01-01 00:00:00+00", Some("'0001-01-01 00:00:00+00'"));
        check("timestamp without time zone", "2026-12-01 00:00:00", Some("'2026-12-01 00:00:00'"));
        check("date", "2026-12-01", Some("'2026-12-01'"));
        for text in ["infinity", "-infinity", "10000-01-01 00:00:00+00", "0044-03-15 00:00:00+00 BC"] {
            check(zoned, text, None);
        }
        check("bigint", "9223372036854775807", Some("9223372036854775807"));
        check("integer", "-5", Some("'-5'"));
        check("integer", "x", None);
    }

    #[test]
    fn other_types_are_none() {
        for data_type in ["text", "uuid", "numeric(10,2)", "time without time zone", "timestamp"] {
            assert_eq!(KeyType::of(data_type), None, "{data_type}");
        }
    }
}

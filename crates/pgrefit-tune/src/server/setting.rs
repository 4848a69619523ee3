//! One row of `pg_settings`: what a setting is, and which values this server accepts for it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One setting, as the server describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// What a new session of this role and database begins with (`reset_val`), in `unit`.
    pub value: String,
    /// `8kB`, `kB`, `MB`, `ms`, `s`, `min`, …
    pub unit: Option<String>,
    /// What kind of value it takes.
    pub kind: Kind,
    /// The least number that is accepted, in `unit`.
    pub min: Option<String>,
    /// The greatest number that is accepted, in `unit`.
    pub max: Option<String>,
    /// The words that are accepted by this build of the server (`enumvals`).
    pub words: Vec<String>,
    /// When a change takes effect: `postmaster`, `sighup`, `superuser`, `user`, …
    pub context: String,
    /// Where the value comes from: `default`, `configuration file`, `command line`, `database`, …
    pub source: String,
    /// The value that is built in.
    pub boot_value: Option<String>,
    /// Whether a change in the files waits for a restart.
    pub pending_restart: bool,
}

/// What kind of value a setting takes (`vartype`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `on` or `off`.
    Bool,
    /// A whole number.
    Integer,
    /// A number.
    Real,
    /// One of a few words.
    Enum,
    /// Any text.
    String,
}

/// A value that a rule wants, before it is held against what the server accepts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wish {
    Bytes(u64),
    Time(Duration),
    Count(u64),
    Real(f64),
    /// The first of these words that is accepted.
    Word(&'static [&'static str]),
}

/// The size in bytes of one unit; `8kB` is any number of them.
fn unit_bytes(unit: &str) -> Option<u64> {
    let digits = unit.bytes().take_while(u8::is_ascii_digit).count();
    let (number, suffix) = unit.split_at(digits);
    let number = if number.is_empty() { 1 } else { number.parse().ok()? };
    let scale: u64 = match suffix {
        "B" => 1,
        "kB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        "TB" => 1 << 40,
        _ => return None,
    };
    scale.checked_mul(number)
}

fn unit_micros(unit: &str) -> Option<u64> {
    match unit {
        "us" => Some(1),
        "ms" => Some(1_000),
        "s" => Some(1_000_000),
        "min" => Some(60_000_000),
        "h" => Some(3_600_000_000),
        "d" => Some(86_400_000_000),
        _ => None,
    }
}

impl Setting {
    /// The value as a size; `None` if it is none, or negative, which means "automatic" or "no limit".
    pub(crate) fn bytes(&self) -> Option<u64> {
        self.value.parse::<u64>().ok()?.checked_mul(unit_bytes(self.unit.as_deref()?)?)
    }

    /// The value as a span of time.
    pub(crate) fn time(&self) -> Option<Duration> {
        let number = self.value.parse::<u64>().ok()?;
        Some(Duration::from_micros(number.checked_mul(unit_micros(self.unit.as_deref()?)?)?))
    }

    /// The value as a number without a unit; `None` if it is negative.
    pub(crate) fn count(&self) -> Option<u64> {
        self.value.parse().ok()
    }

    pub(crate) fn real(&self) -> Option<f64> {
        self.value.parse().ok().filter(|value: &f64| value.is_finite())
    }

    pub(crate) fn is(&self, word: &str) -> bool {
        self.value.eq_ignore_ascii_case(word)
    }

    /// Whether a change waits for a restart.
    #[must_use]
    pub fn needs_restart(&self) -> bool {
        self.context == "postmaster"
    }

    /// Whether `ALTER SYSTEM` reaches it: what stands on the command line or in the environment of the server goes before
    /// its files, and what is `internal` cannot be set at all.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        self.context != "internal"
            && !["command line", "environment variable"].contains(&self.source.as_str())
    }

    /// Whether the server takes `value`, a number in this setting's unit or a word.
    #[must_use]
    pub fn accepts(&self, value: &str) -> bool {
        match self.kind {
            Kind::Bool => ["on", "off"].contains(&value),
            Kind::Enum => self.words.iter().any(|word| word == value),
            Kind::String => true,
            Kind::Integer => value.parse::<i64>().is_ok_and(|_| self.is_within(value)),
            Kind::Real => {
                value.parse::<f64>().is_ok_and(|number| number.is_finite() && self.is_within(value))
            }
        }
    }

    fn is_within(&self, value: &str) -> bool {
        let limit = |limit: &Option<String>| limit.as_deref().and_then(|limit| limit.parse::<f64>().ok());
        let Ok(value) = value.parse::<f64>() else { return false };
        limit(&self.min).is_none_or(|min| value >= min) && limit(&self.max).is_none_or(|max| value <= max)
    }

    /// What comes nearest to `wish` among what the server accepts, in this setting's unit.
    ///
    /// Sizes are rounded down to whole units. `None` when none of the words is accepted, or the wish is of another kind
    /// than the setting.
    pub(crate) fn nearest(&self, wish: &Wish) -> Option<String> {
        let value = match wish {
            Wish::Word(words) => return self.first_accepted(words),
            Wish::Real(value) => format!("{value}"),
            Wish::Count(count) => self.clamped(*count),
            Wish::Bytes(bytes) => self.clamped(bytes / unit_bytes(self.unit.as_deref()?)?),
            Wish::Time(time) => {
                let micros = u64::try_from(time.as_micros()).ok()?;
                self.clamped(micros / unit_micros(self.unit.as_deref()?)?)
            }
        };
        self.accepts(&value).then_some(value)
    }

    fn first_accepted(&self, words: &[&str]) -> Option<String> {
        words.iter().find(|word| self.accepts(word)).map(|word| (*word).to_owned())
    }

    fn clamped(&self, number: u64) -> String {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let limit = |limit: &Option<String>| limit.as_deref().map(str::parse::<i64>).and_then(Result::ok);
        let least = number.max(limit(&self.min).unwrap_or(number));
        least.min(limit(&self.max).unwrap_or(least)).to_string()
    }

    /// A value of this setting as people write it and the server reads it, without any rounding: `256MB`, `15min`, `1.1`.
    #[must_use]
    pub fn spoken(&self, value: &str) -> String {
        let (Some(unit), Ok(number)) = (self.unit.as_deref(), value.parse::<u64>()) else {
            return value.to_owned();
        };
        let sizes = [("TB", 1 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10), ("B", 1)];
        let times = [
            ("d", 86_400_000_000),
            ("h", 3_600_000_000),
            ("min", 60_000_000),
            ("s", 1_000_000),
            ("ms", 1_000),
        ];
        let (total, units): (_, &[(&str, u64)]) = match (unit_bytes(unit), unit_micros(unit)) {
            (Some(bytes), _) => (number.checked_mul(bytes), &sizes),
            (_, Some(micros)) => (number.checked_mul(micros), &times),
            _ => return value.to_owned(),
        };
        let Some(total) = total.filter(|total| *total > 0) else { return value.to_owned() };
        let whole = units.iter().find(|(_, size)| total.is_multiple_of(*size));
        whole.map_or_else(|| value.to_owned(), |(name, size)| format!("{}{name}", total / size))
    }

    /// Whether two values of this setting are the same to the server.
    #[must_use]
    pub fn is_same(&self, one: &str, other: &str) -> bool {
        match (one.parse::<f64>(), other.parse::<f64>()) {
            (Ok(one), Ok(other)) => (one - other).abs() <= one.abs().max(other.abs()) * 1e-9,
            _ => one.eq_ignore_ascii_case(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Kind, Setting, Wish};

    fn setting(kind: Kind, unit: &str, range: [&str; 2], words: &[&str]) -> Setting {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Setting {
            name: "x".to_owned(),
            value: "0".to_owned(),
            unit: text(unit),
            kind,
            min: text(range[0]),
            max: text(range[1]),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            context: "sighup".to_owned(),
            source: "default".to_owned(),
            boot_value: None,
            pending_restart: false,
        }
    }

    #[test]
    fn a_wish_becomes_what_the_server_accepts() {
        let check = |setting: &Setting, wish: Wish, expected: Option<&str>| {
            assert_eq!(setting.nearest(&wish).as_deref(), expected, "{wish:?}");
        };
        let blocks = setting(Kind::Integer, "8kB", ["16", "1073741823"], &[]);
        check(&blocks, Wish::Bytes(256 << 20), Some("32768"));
        check(&blocks, Wish::Bytes((256 << 20) + 8191), Some("32768"));
        check(&blocks, Wish::Bytes(1), Some("16"));
        check(&blocks, Wish::Bytes(u64::MAX), Some("1073741823"));
        check(&blocks, Wish::Time(Duration::from_secs(1)), None);
        let seconds = setting(Kind::Integer, "s", ["30", "86400"], &[]);
        check(&seconds, Wish::Time(Duration::from_mins(15)), Some("900"));
        check(&seconds, Wish::Time(Duration::from_secs(1)), Some("30"));
        let compression = setting(Kind::Enum, "", ["", ""], &["pglz", "on", "off"]);
        check(&compression, Wish::Word(&["lz4", "zstd", "pglz"]), Some("pglz"));
        check(&compression, Wish::Word(&["lz4"]), None);
        let cost = setting(Kind::Real, "", ["0", "1.79769e+308"], &[]);
        check(&cost, Wish::Real(1.1), Some("1.1"));
        check(&cost, Wish::Real(-1.0), None);
        let flag = setting(Kind::Bool, "", ["", ""], &[]);
        check(&flag, Wish::Word(&["lz4", "on"]), Some("on"));
        let automatic = setting(Kind::Integer, "kB", ["-1", "2147483647"], &[]);
        check(&automatic, Wish::Bytes(10 << 20), Some("10240"));
    }

    #[test]
    fn values_are_written_without_rounding() {
        let check = |unit: &str, value: &str, expected: &str| {
            assert_eq!(setting(Kind::Integer, unit, ["", ""], &[]).spoken(value), expected);
        };
        check("8kB", "32768", "256MB");
        check("8kB", "32769", "262152kB");
        check("16kB", "3", "48kB");
        check("kB", "4096", "4MB");
        check("kB", "1048576", "1GB");
        check("MB", "80", "80MB");
        check("s", "900", "15min");
        check("s", "901", "901s");
        check("ms", "60000", "1min");
        check("min", "1", "1min");
        check("kB", "-1", "-1");
        check("kB", "0", "0");
        check("", "100", "100");
        check("", "on", "on");
    }

    #[test]
    fn what_is_the_same_to_the_server_is_the_same() {
        let check = |one: &str, other: &str, expected: bool| {
            let real = setting(Kind::Real, "", ["", ""], &[]);
            assert_eq!(real.is_same(one, other), expected, "{one} {other}");
        };
        check("1.1", "1.10", true);
        check("2", "2.0", true);
        check("on", "ON", true);
        check("on", "off", false);
        check("32768", "32769", false);
    }
}

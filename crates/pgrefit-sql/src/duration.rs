//! Durations as PostgreSQL writes them in its settings.

use std::time::Duration;

/// PostgreSQL's units of time that a person would use for a limit, in milliseconds, largest first.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];

/// A whole number and a unit: `500ms`, `2s`, `5 min`, `1h`. `None` for anything else, and for more than fits the 32 bits
/// of milliseconds that PostgreSQL's timeouts have.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let (_, milliseconds) = UNITS.into_iter().find(|(name, _)| *name == unit.trim_start())?;
    let total = number.parse::<u64>().ok()?.checked_mul(milliseconds)?;
    (total <= i32::MAX.unsigned_abs().into()).then(|| Duration::from_millis(total))
}

/// The duration in the largest unit that divides it, to be read back by [`parse_duration`].
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let total = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let (name, unit) =
        UNITS.into_iter().find(|(_, unit)| total != 0 && total % unit == 0).unwrap_or(("s", 1_000));
    format!("{}{name}", total / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_alike() {
        for text in ["500ms", "2s", "5min", "1h", "0s", "1500ms"] {
            assert_eq!(parse_duration(text).map(format_duration).as_deref(), Some(text));
        }
        for text in ["", "5", "s", "1.5s", "-1s", "3 parsecs", "999999h"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}

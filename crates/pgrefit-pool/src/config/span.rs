//! Durations as they are written in variables.

use std::time::Duration;

/// `500ms`, `2s`, `10min`, `1h`, `7d`, also with a blank before the unit; a bare number is milliseconds, as in PostgreSQL's own
/// settings of time limits. `None` if it is something else, or too long to be meant.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let millis = match unit.trim_start() {
        "" | "ms" => 1,
        "s" => 1_000,
        "min" | "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).filter(|millis| *millis <= 366 * 86_400_000).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, millis: Option<u64>) {
        assert_eq!(parse(text), millis.map(Duration::from_millis), "{text}");
    }

    #[test]
    fn durations_are_read() {
        check("0", Some(0));
        check("250", Some(250));
        check(" 500ms ", Some(500));
        check("2 s", Some(2_000));
        check("30min", Some(1_800_000));
        check("1h", Some(3_600_000));
        check("1d", Some(86_400_000));
        check("", None);
        check("s", None);
        check("-1", None);
        check("1.5s", None);
        check("1 year", None);
        check("99999999999999999999", None);
        check("9999999999d", None);
    }
}

//! Durations as people write them in options.

use std::time::Duration;

use pgrefit_sql::parse_duration;

/// A duration with a unit: `200ms`, `3s`, `1m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| format!("`{text}` is no duration, such as 200ms, 3s or 1m"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_or_refused() {
        let check =
            |text: &str, expected: Option<Duration>| assert_eq!(duration(text).ok(), expected, "{text}");
        check("200ms", Some(Duration::from_millis(200)));
        check("3s", Some(Duration::from_secs(3)));
        check("3 moons", None);
        check("", None);
    }
}

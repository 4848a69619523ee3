//! Durations as people write them in options.

use std::time::Duration;

use pgrefit_sql::parse_duration;

/// A duration with a unit: `200ms`, `3s`, `1min`. A minute may also be `m`, as Kubernetes and Prometheus write it.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let is_number = |text: &&str| text.trim_end().ends_with(|c: char| c.is_ascii_digit());
    let read = match text.trim().strip_suffix('m').filter(is_number) {
        Some(minutes) => parse_duration(&format!("{minutes}min")),
        None => parse_duration(text),
    };
    read.ok_or_else(|| format!("`{text}` is no duration, such as 200ms, 3s or 1min"))
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
        check("2m", Some(Duration::from_mins(2)));
        check("10 min", Some(Duration::from_mins(10)));
        check("m", None);
        check("3 moons", None);
        check("", None);
    }
}

//! Spans of time in JSON: milliseconds with three decimals, under keys that end with `_ms`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer};

/// A century: what a broken number in a file is cut to, so that sums of a few do not overflow.
const LONGEST_MS: f64 = 3.2e12;

pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(of(*duration))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let ms = f64::deserialize(deserializer)?;
    Ok(Duration::from_secs_f64(ms.clamp(0.0, LONGEST_MS) / 1000.0))
}

/// Milliseconds, whole microseconds.
pub(crate) fn of(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

/// As people read them: two significant digits at least, so that 0.42 ms is not "0 ms".
pub(crate) fn text(duration: Duration) -> String {
    let ms = of(duration);
    match ms {
        _ if ms < 10.0 => format!("{ms:.2} ms"),
        _ if ms < 100.0 => format!("{ms:.1} ms"),
        _ => pgrefit_report::human_duration(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_read_them() {
        let check = |micros, expected: &str| assert_eq!(text(Duration::from_micros(micros)), expected);
        check(0, "0.00 ms");
        check(423, "0.42 ms");
        check(9_994, "9.99 ms");
        check(42_349, "42.3 ms");
        check(100_000, "100 ms");
        check(2_345_000, "2.3 s");
    }
}

//! Durations and sizes as people say them.

/// A span of time in milliseconds: `12 ms`, `3.4 s`, `2 min 05 s`, `1 h 07 min`, `3 d 04 h`.
#[must_use]
pub fn human_duration(ms: u64) -> String {
    let round = |unit_ms: u64| (ms.saturating_add(unit_ms / 2)) / unit_ms;
    let (tenths, seconds, minutes, hours) = (round(100), round(1000), round(60_000), round(3_600_000));
    // Each limit looks at the rounded value, so that 59.96 s is "1 min 00 s" and never "60.0 s".
    if ms < 1000 {
        format!("{ms} ms")
    } else if tenths < 600 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else if seconds < 3600 {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    } else if minutes < 24 * 60 {
        format!("{} h {:02} min", minutes / 60, minutes % 60)
    } else {
        format!("{} d {:02} h", hours / 24, hours % 24)
    }
}

/// A size in bytes, in powers of 1024: `512 B`, `1.5 KiB`, `3.4 GiB`.
#[must_use]
pub fn human_bytes(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut scale = 1_u128;
    let mut tenths = 0;
    let mut name = "";
    for unit in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] {
        scale *= 1024;
        tenths = (u128::from(bytes) * 10 + scale / 2) / scale;
        name = unit;
        // Rounded first, so that 1 MiB less a byte is "1.0 MiB" and never "1024.0 KiB".
        if tenths < 10_240 {
            break;
        }
    }
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

/// `1 migration`, `2 migrations`: a count with its noun, whose plural ends in s.
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::{human_bytes, human_duration};

    #[test]
    fn durations() {
        let check = |ms: u64, expected: &str| assert_eq!(human_duration(ms), expected);
        check(0, "0 ms");
        check(999, "999 ms");
        check(1000, "1.0 s");
        check(3449, "3.4 s");
        check(59_949, "59.9 s");
        check(59_950, "1 min 00 s");
        check(125_000, "2 min 05 s");
        check(3_599_499, "59 min 59 s");
        check(3_599_500, "1 h 00 min");
        check(86_369_999, "23 h 59 min");
        check(86_370_000, "1 d 00 h");
        check(273_600_000, "3 d 04 h");
        check(u64::MAX, "213503982334 d 14 h");
    }

    #[test]
    fn sizes() {
        let check = |bytes: u64, expected: &str| assert_eq!(human_bytes(bytes), expected);
        check(0, "0 B");
        check(1023, "1023 B");
        check(1024, "1.0 KiB");
        check(1536, "1.5 KiB");
        check(1_048_575, "1.0 MiB");
        check(3_650_722_202, "3.4 GiB");
        check(u64::MAX, "16.0 EiB");
    }
}

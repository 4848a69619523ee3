//! A moment as RFC 3339 writes it, as seconds since 1970.

/// Seconds since 1970 of `2026-01-02T03:04:05Z`; fractions are dropped, an offset is taken off. `None` for anything else.
pub(crate) fn unix_seconds(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let is = |at: usize, among: &[u8]| text.as_bytes().get(at).is_some_and(|byte| among.contains(byte));
    let marks = is(4, b"-") && is(7, b"-") && is(10, b"Tt ") && is(13, b":") && is(16, b":");
    let (month, day) = (number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let inside =
        (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
    if !marks || !inside {
        return None;
    }
    let rest = text.get(19..)?;
    let zone =
        rest.strip_prefix('.').map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let days = days_since_1970(number(0, 4)?, month, day);
    Some(days * 86_400 + hour * 3600 + minute * 60 + second - offset(zone)?)
}

/// Seconds that a zone is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" || zone == "z" {
        return Some(0);
    }
    let ahead = if zone.starts_with('+') { 1 } else { -1 };
    let (hours, minutes) = zone.strip_prefix(['+', '-'])?.split_once(':')?;
    let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
    Some(ahead * (i64::from(hours) * 3600 + i64::from(minutes) * 60))
}

/// By years that begin in March, so that a leap day is the last of its year: 400 of them have 146 097 days.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = if month <= 2 { month + 9 } else { month - 3 };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::unix_seconds;

    #[test]
    fn moments() {
        let check = |text: &str, expected: Option<i64>| assert_eq!(unix_seconds(text), expected, "{text}");
        check("1970-01-01T00:00:00Z", Some(0));
        check("2026-01-02T03:04:05Z", Some(1_767_323_045));
        check("2024-02-29T23:59:59.999999Z", Some(1_709_251_199));
        check("2000-03-01T02:00:00+02:00", Some(951_868_800));
        check("1969-12-31T19:00:00-05:00", Some(0));
        for wrong in ["", "yesterday", "2026-13-02T03:04:05Z", "2026-01-02T03:04:05", "2026-01-02T03:04:0éZ"]
        {
            check(wrong, None);
        }
    }
}

//! Times: PostgreSQL counts from 2000, Parquet from 1970, and both have 64 (dates 32) bits for it.
//!
//! Each function is one to one on all numbers there are, so that every value has a way back. What is moved beyond the largest
//! number comes in again at the smallest, where no time of PostgreSQL (from 4713 BC) is. Infinity trades places with what would
//! be there, so that it is what `DuckDB` takes for infinity: the largest number and its negative.

const DAYS_1970_TO_2000: i32 = 10_957;
const MICROS_1970_TO_2000: i64 = DAYS_1970_TO_2000 as i64 * 86_400_000_000;

pub(crate) fn date_to_unix(days: i32) -> i32 {
    trade_date(days.wrapping_add(DAYS_1970_TO_2000))
}

pub(crate) fn unix_to_date(days: i32) -> i32 {
    trade_date(days).wrapping_sub(DAYS_1970_TO_2000)
}

pub(crate) fn timestamp_to_unix(micros: i64) -> i64 {
    trade_timestamp(micros.wrapping_add(MICROS_1970_TO_2000))
}

pub(crate) fn unix_to_timestamp(micros: i64) -> i64 {
    trade_timestamp(micros).wrapping_sub(MICROS_1970_TO_2000)
}

/// PostgreSQL's infinities after the move: the largest and the smallest number, both come in again at the smallest.
const DATE_MAX: i32 = i32::MAX.wrapping_add(DAYS_1970_TO_2000);
const DATE_MIN: i32 = i32::MIN.wrapping_add(DAYS_1970_TO_2000);
const TIMESTAMP_MAX: i64 = i64::MAX.wrapping_add(MICROS_1970_TO_2000);
const TIMESTAMP_MIN: i64 = i64::MIN.wrapping_add(MICROS_1970_TO_2000);

/// Its own inverse.
fn trade_date(days: i32) -> i32 {
    const INFINITY: i32 = i32::MAX;
    const MINUS_INFINITY: i32 = -i32::MAX;
    match days {
        DATE_MAX => INFINITY,
        INFINITY => DATE_MAX,
        DATE_MIN => MINUS_INFINITY,
        MINUS_INFINITY => DATE_MIN,
        other => other,
    }
}

/// Its own inverse.
fn trade_timestamp(micros: i64) -> i64 {
    const INFINITY: i64 = i64::MAX;
    const MINUS_INFINITY: i64 = -i64::MAX;
    match micros {
        TIMESTAMP_MAX => INFINITY,
        INFINITY => TIMESTAMP_MAX,
        TIMESTAMP_MIN => MINUS_INFINITY,
        MINUS_INFINITY => TIMESTAMP_MIN,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_move_by_thirty_years() {
        let check = |days: i32, expected: i32| {
            assert_eq!(date_to_unix(days), expected, "{days}");
            assert_eq!(unix_to_date(expected), days, "{days}");
        };
        check(0, 10_957);
        check(-10_957, 0);
        check(i32::MAX, i32::MAX);
        check(i32::MIN, -i32::MAX);
        // 5874897-12-31, the last date, and 4713-01-01 BC, nearly the first.
        check(2_145_031_948, 2_145_042_905);
        check(-2_451_545, -2_440_588);
    }

    #[test]
    fn every_number_has_a_way_back() {
        for near in [0, i32::MAX, i32::MIN, DATE_MAX, DATE_MIN, i32::MAX - DAYS_1970_TO_2000] {
            for off in -20_000..20_000 {
                let days = near.wrapping_add(off);
                assert_eq!(unix_to_date(date_to_unix(days)), days);
                assert_eq!(date_to_unix(unix_to_date(days)), days);
            }
        }
        let moved = i64::MAX - MICROS_1970_TO_2000;
        for near in [0, i64::MAX, i64::MIN, TIMESTAMP_MAX, TIMESTAMP_MIN, moved] {
            for off in -1000..1000 {
                let micros = near.wrapping_add(off);
                assert_eq!(unix_to_timestamp(timestamp_to_unix(micros)), micros);
                assert_eq!(timestamp_to_unix(unix_to_timestamp(micros)), micros);
            }
        }
    }

    #[test]
    fn timestamps_move_by_thirty_years() {
        let check = |micros: i64, expected: i64| assert_eq!(timestamp_to_unix(micros), expected, "{micros}");
        check(0, 946_684_800_000_000);
        check(i64::MAX, i64::MAX);
        check(i64::MIN, -i64::MAX);
        // 4714-11-24 BC, the first timestamp.
        check(-211_813_488_000_000_000, -210_866_803_200_000_000);
        // 294276-12-31 23:59:59.999999, the last: too late for Parquet.
        assert!(timestamp_to_unix(9_223_371_331_199_999_999) < -211_813_488_000_000_000);
    }
}

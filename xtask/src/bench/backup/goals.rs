//! What a verified backup must reach. Pure.

use super::Measured;
use crate::bench::goal::Goal;

/// What it may take, by the time of `pg_dump` and `pg_restore` alone.
const RATIO_MAX: f64 = 1.3;

/// How fast digests are, by the rate of `COPY … TO '/dev/null'`.
const RATE_MIN: f64 = 0.8;

const RSS_MB_MAX: f64 = 150.0;

pub(super) fn judge(measured: &Measured) -> Vec<Goal> {
    let ratio = measured.pgrefit_ms / measured.alone_ms;
    let rate = measured.copy_ms / measured.digest_ms[1];
    let rss_mb = measured.rss_bytes_max / 1e6;
    vec![
        Goal::new(format!("{ratio:.2} × pg_dump + pg_restore, at most {RATIO_MAX:.1}"), ratio <= RATIO_MAX),
        Goal::new(
            format!("digests at {rate:.2} × the rate of COPY, at least {RATE_MIN:.1}"),
            rate >= RATE_MIN,
        ),
        Goal::new(format!("{rss_mb:.0} MB of memory, at most {RSS_MB_MAX:.0}"), rss_mb <= RSS_MB_MAX),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Goal, Measured, judge};

    fn check(pgrefit_ms: f64, digest_ms: f64, rss_bytes_max: f64, expected: [&str; 3]) {
        let measured = Measured {
            database_bytes: 2e9,
            pgrefit_ms,
            rss_bytes_max,
            timings: serde_json::Value::Null,
            alone_ms: 1000.0,
            alone_fast_ms: 500.0,
            copy_ms: 800.0,
            digest_ms: [5000.0, digest_ms],
        };
        assert_eq!(judge(&measured).iter().map(Goal::line).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn each_goal_is_met_up_to_its_limit() {
        let met = [
            "1.30 × pg_dump + pg_restore, at most 1.3: met",
            "digests at 0.80 × the rate of COPY, at least 0.8: met",
            "150 MB of memory, at most 150: met",
        ];
        check(1300.0, 1000.0, 150e6, met);
        let missed = [
            "1.40 × pg_dump + pg_restore, at most 1.3: MISSED",
            "digests at 0.40 × the rate of COPY, at least 0.8: MISSED",
            "200 MB of memory, at most 150: MISSED",
        ];
        check(1400.0, 2000.0, 200e6, missed);
    }
}

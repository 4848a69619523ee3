//! What an audit must reach. Pure.

use crate::bench::goal::Goal;

/// Of ten thousand tables.
const AUDIT_MS_MAX: f64 = 10_000.0;
const RSS_BYTES_MAX: u64 = 200 * 1_000_000;
/// How often the audit fits into the time of the checks of other tools together.
const RATIO_MIN: f64 = 10.0;
/// The part of an audit that judging may take: the rest is reading.
const JUDGE_PERCENT_MAX: f64 = 5.0;

/// What is judged.
pub(super) struct Measured {
    /// Medians.
    pub(super) audit_ms: f64,
    pub(super) judge_ms: Option<f64>,
    pub(super) rss_bytes_max: u64,
    pub(super) peers_ms: Option<f64>,
}

pub(super) fn judge(measured: &Measured) -> Vec<Goal> {
    let Measured { audit_ms, judge_ms, rss_bytes_max, peers_ms } = *measured;
    let within = audit_ms < AUDIT_MS_MAX;
    let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
    vec![
        Goal::new(format!("audit in {audit_ms:.0} ms, less than {AUDIT_MS_MAX:.0}"), within),
        Goal::new(
            format!("peak memory {} MB, less than {}", megabytes(rss_bytes_max), megabytes(RSS_BYTES_MAX)),
            rss_bytes_max < RSS_BYTES_MAX,
        ),
        faster(peers_ms.map(|ms| ms / audit_ms)),
        judging(judge_ms.map(|ms| 100.0 * ms / audit_ms)),
    ]
}

fn faster(ratio: Option<f64>) -> Goal {
    match ratio {
        None => Goal::not_measured(format!("at least {RATIO_MIN:.0} × as fast as the checks of others")),
        Some(ratio) => Goal::new(
            format!("{ratio:.1} × as fast as the checks of others, at least {RATIO_MIN:.0}"),
            ratio >= RATIO_MIN,
        ),
    }
}

fn judging(percent: Option<f64>) -> Goal {
    match percent {
        None => Goal::not_measured(format!("judging, less than {JUDGE_PERCENT_MAX:.0} % of the whole")),
        Some(percent) => Goal::new(
            format!("judging {percent:.1} % of the whole, less than {JUDGE_PERCENT_MAX:.0}"),
            percent < JUDGE_PERCENT_MAX,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{Goal, Measured, judge};

    fn check(measured: &Measured, expected: [&str; 4]) {
        assert_eq!(judge(measured).iter().map(Goal::line).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn each_goal_is_met_up_to_its_limit() {
        let met = [
            "audit in 4000 ms, less than 10000: met",
            "peak memory 199 MB, less than 200: met",
            "10.0 × as fast as the checks of others, at least 10: met",
            "judging 4.9 % of the whole, less than 5: met",
        ];
        let measured = Measured {
            audit_ms: 4000.0,
            judge_ms: Some(196.0),
            rss_bytes_max: 198_900_000,
            peers_ms: Some(40_000.0),
        };
        check(&measured, met);
        let missed = [
            "audit in 10000 ms, less than 10000: MISSED",
            "peak memory 200 MB, less than 200: MISSED",
            "9.9 × as fast as the checks of others, at least 10: MISSED",
            "judging 5.0 % of the whole, less than 5: MISSED",
        ];
        let measured = Measured {
            audit_ms: 10_000.0,
            judge_ms: Some(500.0),
            rss_bytes_max: 200_000_000,
            peers_ms: Some(99_000.0),
        };
        check(&measured, missed);
    }

    #[test]
    fn what_was_not_told_is_not_measured() {
        let expected = [
            "audit in 4000 ms, less than 10000: met",
            "peak memory 1 MB, less than 200: met",
            "at least 10 × as fast as the checks of others: not measured",
            "judging, less than 5 % of the whole: not measured",
        ];
        check(&Measured { audit_ms: 4000.0, judge_ms: None, rss_bytes_max: 1, peers_ms: None }, expected);
    }
}

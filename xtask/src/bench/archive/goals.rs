//! What archiving must reach. Pure.

use super::Measured;
use crate::bench::goal::Goal;

/// The rate of the export, by that of COPY to nowhere.
const EXPORT_RATIO_MIN: f64 = 0.5;
const RSS_BYTES_MAX: f64 = 256e6;

pub(super) fn judge(measured: &Measured) -> Vec<Goal> {
    let ratio = measured.copy_ms / measured.export_ms;
    let smaller = measured.file_bytes < measured.dump_bytes;
    let same = measured.digest_before == measured.digest_after;
    vec![
        Goal::new(
            format!("export at {ratio:.2} × the rate of COPY, at least {EXPORT_RATIO_MIN:.1}"),
            ratio >= EXPORT_RATIO_MIN,
        ),
        Goal::new(
            format!(
                "file of {:.1} MB, smaller than pg_dump -Fc with {:.1} MB",
                measured.file_bytes / 1e6,
                measured.dump_bytes / 1e6
            ),
            smaller,
        ),
        Goal::new(
            format!("{:.0} MB of memory, at most {:.0}", measured.rss_bytes_max / 1e6, RSS_BYTES_MAX / 1e6),
            measured.rss_bytes_max <= RSS_BYTES_MAX,
        ),
        Goal::new("brought back, the table has the digest that it had", same),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Goal, Measured, judge};

    #[test]
    fn each_goal_is_met_up_to_its_limit() {
        let check = |export_ms: f64, file_bytes: f64, rss_bytes_max: f64, after: &str, missed: &[&str]| {
            let measured = Measured {
                copy_ms: 1000.0,
                export_ms,
                file_bytes,
                dump_bytes: 2e6,
                rss_bytes_max,
                digest_before: "a".to_owned(),
                digest_after: after.to_owned(),
                ..Measured::default()
            };
            let goals = judge(&measured);
            let found: Vec<_> = goals.iter().filter(|goal| goal.is_missed()).map(Goal::line).collect();
            assert_eq!(found, missed);
        };
        check(2000.0, 1.9e6, 256e6, "a", &[]);
        check(2050.0, 1.9e6, 1e6, "a", &["export at 0.49 × the rate of COPY, at least 0.5: MISSED"]);
        check(1.0, 2e6, 1e6, "a", &["file of 2.0 MB, smaller than pg_dump -Fc with 2.0 MB: MISSED"]);
        check(1.0, 1e6, 257e6, "a", &["257 MB of memory, at most 256: MISSED"]);
        check(1.0, 1e6, 1e6, "b", &["brought back, the table has the digest that it had: MISSED"]);
    }
}

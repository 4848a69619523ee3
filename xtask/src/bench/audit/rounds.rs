//! Rounds of the audit as a whole process, and of the flat reads that are its floor.

use crate::bench::server::Server;
use crate::bench::timing::{Times, median};
use crate::bench::usage::Usage;
use crate::failure::{Failure, Outcome};
use crate::product::Product;
use crate::workspace;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

const FLOOR: &str = include_str!("sql/floor.sql");

/// Nothing found, something found, something not seen: all three are whole audits.
const AUDITED: [u8; 3] = [0, 1, 3];

/// What the rounds came to.
#[derive(Default)]
pub(super) struct Rounds {
    pub(super) audit: Times,
    pub(super) floor: Times,
    processor_ms: Vec<f64>,
    rss_bytes: Vec<u64>,
    snapshot_ms: Vec<f64>,
    judge_ms: Vec<f64>,
}

impl Rounds {
    /// The two take turns. A round before the counted ones warms the caches of the server.
    pub(super) fn run(
        product: &Product,
        server: &Server,
        url: &str,
        dir: &Path,
        count: usize,
    ) -> Outcome<Self> {
        let report = dir.join("report.json");
        let mut audit = product.command();
        // Without a configuration file: pgrefit as it comes.
        audit.current_dir(dir).env("DATABASE_URL", url);
        audit.args(["audit", "--format", "json", "--report"]).arg(&report);
        let file = dir.join("floor.sql");
        workspace::write(&file, FLOOR)?;
        let mut floor = server.psql(url);
        floor.arg("-f").arg(file);
        let mut rounds = Self::default();
        for round in 0..=count {
            let flat = Usage::measure(&floor, &[0])?;
            let whole = Usage::measure(&audit, &AUDITED)?;
            if round > 0 {
                rounds.floor.push(duration(flat));
                rounds.push(whole, &workspace::read(&report)?)?;
            }
        }
        Ok(rounds)
    }

    fn push(&mut self, usage: Usage, report: &str) -> Outcome<()> {
        self.audit.push(duration(usage));
        self.processor_ms.push(usage.processor_ms);
        self.rss_bytes.push(usage.rss_bytes_max);
        let report: Value = serde_json::from_str(report)
            .map_err(|cause| Failure::because("read the report of pgrefit", cause))?;
        let fact = |key| report["facts"][key].as_f64();
        self.snapshot_ms.extend(fact("snapshot_ms"));
        self.judge_ms.extend(fact("judge_ms"));
        Ok(())
    }

    pub(super) fn processor_ms(&self) -> f64 {
        middle(&self.processor_ms).unwrap_or_default()
    }

    /// The most of all rounds.
    pub(super) fn rss_bytes_max(&self) -> u64 {
        self.rss_bytes.iter().copied().max().unwrap_or_default()
    }

    /// Median of what pgrefit says of itself; nothing if it says nothing.
    pub(super) fn snapshot_ms(&self) -> Option<f64> {
        middle(&self.snapshot_ms)
    }

    pub(super) fn judge_ms(&self) -> Option<f64> {
        middle(&self.judge_ms)
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "audit": self.audit.to_json(),
            "floor": self.floor.to_json(),
            "processor_ms": self.processor_ms(),
            "rss_bytes_max": self.rss_bytes_max(),
            "snapshot_ms": self.snapshot_ms(),
            "judge_ms": self.judge_ms(),
        })
    }
}

fn duration(usage: Usage) -> Duration {
    Duration::from_secs_f64(usage.wall_ms / 1e3)
}

fn middle(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    (!sorted.is_empty()).then(|| median(&sorted))
}

#[cfg(test)]
mod tests {
    use super::{Rounds, Usage};

    #[test]
    fn medians_and_the_highest_peak() {
        let mut rounds = Rounds::default();
        for (wall_ms, rss_bytes_max, judge_ms) in [(30.0, 7, 3), (10.0, 9, 1), (20.0, 8, 2)] {
            let usage = Usage { exit_code: 0, wall_ms, processor_ms: wall_ms / 2.0, rss_bytes_max };
            let report = format!(r#"{{"facts": {{"judge_ms": {judge_ms}, "snapshot_ms": null}}}}"#);
            rounds.push(usage, &report).expect("a report");
        }
        assert!((rounds.audit.median_ms() - 20.0).abs() < 1e-6);
        assert!((rounds.processor_ms() - 10.0).abs() < 1e-6);
        assert_eq!((rounds.rss_bytes_max(), rounds.judge_ms()), (9, Some(2.0)));
        assert_eq!(rounds.snapshot_ms(), None);
    }

    #[test]
    fn what_is_no_report_is_a_failure() {
        let usage = Usage { exit_code: 0, wall_ms: 1.0, processor_ms: 1.0, rss_bytes_max: 1 };
        assert!(Rounds::default().push(usage, "no report").is_err());
    }
}

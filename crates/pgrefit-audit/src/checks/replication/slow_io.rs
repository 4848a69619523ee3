//! Reads that take long.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// How many reads an average rests on.
const ENOUGH: i64 = 10_000;

/// What an average read may take.
const SLOW_MS: f64 = 10.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "slow-io",
    code: "IO-01",
    group: Group::Replication,
    title: "Reads of sessions from the disk are slow.",
    level: Status::Warn,
    required: false,
    matters: "Told when a read by a client backend takes more than 10 ms on average, over at least 10,000 reads: \
              an SSD takes less than 1 ms, and a page in the cache of the operating system some microseconds. \
              Needs 16 and track_io_timing.",
    cure: "Look for a limit of the volume (burst credits, IOPS) or another user of it, or give the server more \
              memory.",
    sources: &[Source::Settings, Source::Io],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.hides_any(&["track_io_timing"], ruling) {
        return;
    }
    if facts.is_on("track_io_timing") != Some(true) {
        ruling.skip("track_io_timing is off");
        return;
    }
    ruling.saw();
    let rows =
        facts.census.io.iter().filter(|row| row.backend_type == "client backend" && row.object == "relation");
    let (reads, time) = rows.fold((0_i64, 0.0), |(reads, time), row| {
        (reads + row.reads.unwrap_or(0), time + row.read_ms.unwrap_or(0.0))
    });
    #[expect(clippy::cast_precision_loss, reason = "an average")]
    let mean = time / reads.max(1) as f64;
    if reads >= ENOUGH && mean > SLOW_MS {
        ruling
            .warn("client backend", format!("a read from the disk takes {mean:.1} ms on average"))
            .number("reads", reads)
            .number("read_mean_ms", Cell::Float((mean * 100.0).round() / 100.0))
            .hint("compare with the limits of the volume");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::IoStatistics;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn an_average_over_many_reads_decides() {
        let check = |timing: &str, reads: i64, ms: f64, expected: Status| {
            let row = IoStatistics {
                backend_type: "client backend".to_owned(),
                object: "relation".to_owned(),
                context: "normal".to_owned(),
                reads: Some(reads),
                read_ms: Some(ms),
                writes: None,
                write_ms: None,
                fsyncs: None,
            };
            let sample = Sample::new(16).setting("track_io_timing", timing);
            assert_eq!(sample.with(|census| census.io.push(row)).status(&CHECK), expected, "{reads} {ms}");
        };
        check("off", 20_000, 900_000.0, Status::Skip);
        check("on", 20_000, 900_000.0, Status::Warn);
        check("on", 20_000, 9_000.0, Status::Pass);
        check("on", 5, 900.0, Status::Pass);
    }
}

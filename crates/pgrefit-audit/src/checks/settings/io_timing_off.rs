//! Waits for the disk that nobody measures.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "io-timing-off",
    code: "CFG-11b",
    group: Group::Settings,
    title: "Nobody measures how long reads and writes take.",
    level: Status::Info,
    required: false,
    matters: "With track_io_timing on, EXPLAIN, pg_stat_statements, pg_stat_database and pg_stat_io say how much \
              of the time goes to the disk. On today's machines it costs less than one per cent; pg_test_timing \
              says so.",
    cure: "Set track_io_timing on and reload, after pg_test_timing.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(value) = facts.server_text_or_blind("track_io_timing", ruling) else { return };
    ruling.saw();
    if value == "off" {
        let place = facts.of_database("track_io_timing");
        let message = format!("how long reads and writes take is not measured{place}");
        facts.cure_setting("track_io_timing", "on", &mut ruling.info("track_io_timing", message));
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn off_is_told() {
        let check = |value: &str, expected: Status| {
            assert_eq!(Sample::new(18).setting("track_io_timing", value).status(&CHECK), expected);
        };
        check("on", Status::Pass);
        check("off", Status::Info);
    }
}

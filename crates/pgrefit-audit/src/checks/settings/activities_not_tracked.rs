//! Sessions that nobody can watch.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "activities-not-tracked",
    code: "CFG-11c",
    group: Group::Settings,
    title: "Nobody can see what sessions do.",
    level: Status::Warn,
    required: false,
    matters: "With track_activities off, pg_stat_activity has neither the statement of a session nor since when it \
              runs: who holds a lock, and what a slow server is busy with, cannot be told. It is on by default and \
              costs next to nothing.",
    cure: "Reset it and reload.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(value) = facts.server_text_or_blind("track_activities", ruling) else { return };
    ruling.saw();
    if value == "off" {
        let place = facts.of_database("track_activities");
        let message = format!("track_activities is off{place}: nobody can see what sessions do");
        facts.cure_setting("track_activities", "on", &mut ruling.warn("track_activities", message));
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
            assert_eq!(
                Sample::new(18).setting("track_activities", value).status(&CHECK),
                expected,
                "{value}"
            );
        };
        check("on", Status::Pass);
        check("off", Status::Warn);
    }
}

//! Counters that the server itself lives by.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "counters-off",
    code: "CFG-11c",
    group: Group::Settings,
    title: "The server does not count what it lives by.",
    level: Status::Fail,
    required: false,
    matters: "With track_counts off, autovacuum does not know which tables need it and does nothing but prevent \
              wraparound: tables bloat and statistics grow old. With track_activities off, nobody sees who runs \
              what.",
    cure: "Reset them and reload.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (name, status, cost) in [
        ("track_counts", Status::Fail, "autovacuum does not know which tables need it"),
        ("track_activities", Status::Warn, "nobody sees who runs what"),
    ] {
        let Some(value) = facts.server_text(name) else { continue };
        ruling.saw();
        if value == "off" {
            ruling.found(status, name, format!("{name} is off: {cost}")).sql(
                format!("ALTER SYSTEM RESET {name};\nSELECT pg_reload_conf();"),
                "",
                true,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn each_counter_is_judged() {
        let check = |name: &str, value: &str, expected: Status| {
            assert_eq!(Sample::new(18).setting(name, value).status(&CHECK), expected, "{name} {value}");
        };
        check("track_counts", "on", Status::Pass);
        check("track_counts", "off", Status::Fail);
        check("track_activities", "off", Status::Warn);
    }
}

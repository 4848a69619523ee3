//! WAL from which nothing but a crash can be recovered.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "wal-level-minimal",
    code: "CFG-12",
    group: Group::Settings,
    title: "The WAL is good for recovery from a crash only.",
    level: Status::Warn,
    required: false,
    matters: "With wal_level minimal there is no base backup of the running server, no archive, no standby and no \
              restore to a point in time. It is for loading a database that can be loaded again.",
    cure: "Set wal_level to replica and max_wal_senders to 10, restart, and take a base backup.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(level) = facts.text("wal_level") else { return };
    ruling.saw();
    if level == "minimal" {
        ruling
            .warn(
                "wal_level",
                "wal_level is minimal: no base backup, no standby, no restore to a point in time",
            )
            .sql("ALTER SYSTEM SET wal_level = 'replica';  -- and restart", "", true);
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn minimal_is_told() {
        let check = |value: &str, expected: Status| {
            assert_eq!(Sample::new(18).setting("wal_level", value).status(&CHECK), expected, "{value}");
        };
        check("minimal", Status::Warn);
        check("replica", Status::Pass);
        check("logical", Status::Pass);
    }
}

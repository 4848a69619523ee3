//! A cluster that does not notice when its pages are damaged.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "checksums-off",
    code: "CFG-02",
    group: Group::Settings,
    title: "Damaged pages are not noticed: data checksums are off.",
    level: Status::Warn,
    required: false,
    matters: "Without checksums a page that the disk or its cable damaged is read as if it were whole, and goes \
              into backups. initdb has them on from 18 on, where it is a warning that somebody left them out; \
              before, it is something to know, as it is the default and a change needs the server to be down. They \
              cost one or two per cent.",
    cure: "Stop the server cleanly, run pg_checksums --enable on it and each standby, start it again.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(on) = facts.is_on("data_checksums") else { return };
    ruling.saw();
    if !on {
        let status = if facts.major() >= 18 { Status::Warn } else { Status::Info };
        ruling
            .found(
                status,
                "data_checksums",
                "a page that was damaged on the disk is read as if it were whole",
            )
            .hint("pg_checksums --enable, while the server is down");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn from_18_on_it_is_a_choice() {
        let check = |major: u32, value: &str, expected: Status| {
            let status = Sample::new(major).setting("data_checksums", value).status(&CHECK);
            assert_eq!(status, expected, "{major} {value}");
        };
        check(16, "on", Status::Pass);
        check(16, "off", Status::Info);
        check(18, "off", Status::Warn);
    }
}

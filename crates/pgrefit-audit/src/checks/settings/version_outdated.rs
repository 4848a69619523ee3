//! A server that is behind the releases of its version.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// When the table below was last brought up to date.
const AS_OF: (&str, f64) = ("2026-11-26", 1_795_651_200.0);

/// When the newest minor releases came out; all on one day.
const RELEASED_S: f64 = 1_794_441_600.0;

/// A major version, its newest minor release, the end of its support, and that in seconds since 1970.
const VERSIONS: [(u32, u32, &str, f64); 9] = [
    (10, 23, "2022-11-10", 1_668_038_400.0),
    (11, 22, "2023-11-09", 1_699_488_000.0),
    (12, 22, "2024-11-21", 1_732_147_200.0),
    (13, 23, "2025-11-13", 1_762_992_000.0),
    (14, 25, "2026-11-12", 1_794_441_600.0),
    (15, 20, "2027-11-11", 1_825_891_200.0),
    (16, 16, "2028-11-09", 1_857_340_800.0),
    (17, 12, "2029-11-08", 1_888_790_400.0),
    (18, 7, "2030-11-14", 1_920_844_800.0),
];

/// A day.
const DAY_S: f64 = 86_400.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "version-outdated",
    code: "CFG-10",
    group: Group::Settings,
    title: "The server lacks corrections that were released for its version.",
    level: Status::Warn,
    required: false,
    matters: "A minor release corrects errors that lose data, crash or let somebody in, and needs no more than a \
              restart with new files. A major version gets them for five years. Held against a table in this \
              program, which says as of when it is; when it is older than six months by the server's clock, that \
              is told. A minor release is told 30 days after it came out. The end of support is told 180 days \
              before.",
    cure: "Install the newest minor release and restart; plan the upgrade from a version that has ended.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let (major, minor) = (facts.major(), facts.census.server.version_num % 10_000);
    let object = format!("PostgreSQL {major}");
    let Some((_, newest, end, end_s)) = VERSIONS.iter().find(|row| row.0 == major) else {
        ruling.skip(format!("PostgreSQL {major} is not in the table, which is as of {}", AS_OF.0));
        return;
    };
    ruling.saw();
    let now = if facts.census.server.taken_at_epoch_s > 0.0 {
        facts.census.server.taken_at_epoch_s
    } else {
        AS_OF.1
    };
    let as_of = format!("(as of {})", AS_OF.0);
    if now >= *end_s {
        ruling
            .warn(
                &object,
                format!("PostgreSQL {major} gets no corrections since {end}; this is {major}.{minor}"),
            )
            .number("newest_minor", *newest)
            .hint("upgrade to a version that is supported");
    } else if minor < *newest && now >= RELEASED_S + 30.0 * DAY_S || minor + 1 < *newest {
        ruling
            .warn(&object, format!("this is {major}.{minor}, and {major}.{newest} is out {as_of}"))
            .number("newest_minor", *newest)
            .hint("install the newest minor release and restart; no dump or upgrade is needed");
    } else if now >= end_s - 180.0 * DAY_S {
        ruling
            .info(&object, format!("PostgreSQL {major} gets no corrections from {end} on"))
            .hint("plan the upgrade to a version that is supported");
    } else if now >= AS_OF.1 + 183.0 * DAY_S {
        ruling
            .info(
                &object,
                format!("newer releases than {major}.{newest} may be out: the table is as of {}", AS_OF.0),
            )
            .hint("bring this program up to date");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn versions_are_held_against_the_table() {
        let check = |version_num: u32, days: f64, expected: Status| {
            let sample = Sample::new(18).with(|census| {
                census.server.version_num = version_num;
                census.server.taken_at_epoch_s = super::AS_OF.1 + days * super::DAY_S;
            });
            assert_eq!(sample.status(&CHECK), expected, "{version_num} {days}");
        };
        check(180_007, 0.0, Status::Pass);
        // Came out two weeks ago.
        check(180_006, 0.0, Status::Pass);
        check(180_006, 30.0, Status::Warn);
        check(180_004, 0.0, Status::Warn);
        check(140_025, 0.0, Status::Warn);
        check(150_020, 0.0, Status::Pass);
        check(150_020, 200.0, Status::Info);
        check(180_007, 200.0, Status::Info);
        check(180_009, 10.0, Status::Pass);
        check(990_000, 0.0, Status::Skip);
    }
}

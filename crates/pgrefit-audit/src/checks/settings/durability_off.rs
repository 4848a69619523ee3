//! Settings that trade the data for speed.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// Settings that must not have this value, and what they cost.
const DANGEROUS: [(&str, &str, &str); 4] = [
    ("fsync", "off", "a crash of the machine corrupts the database beyond repair"),
    ("full_page_writes", "off", "a page that was half written when the machine crashed stays broken"),
    ("zero_damaged_pages", "on", "a damaged page is emptied as soon as it is read"),
    ("ignore_checksum_failure", "on", "damaged pages are returned as if they were whole"),
];

/// The check.
pub(super) static CHECK: Check = Check {
    id: "durability-off",
    code: "CFG-01",
    group: Group::Settings,
    title: "A setting gives up the safety of the data.",
    level: Status::Fail,
    required: true,
    matters: "With fsync or full_page_writes off, a crash of the machine can corrupt the database. The settings that pass over \
              damage are for saving what is left of a broken database, and for nothing else. With synchronous_commit off, a \
              crash loses the last transactions that were confirmed and breaks nothing, which is something to know.",
    cure: "Set it back, and reload. Data written meanwhile is safe after a CHECKPOINT.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (name, bad, cost) in DANGEROUS {
        let Some(value) = facts.text(name) else { continue };
        ruling.saw();
        if value == bad {
            ruling.fail(name, format!("{name} is {value}: {cost}")).sql(
                format!("ALTER SYSTEM RESET {name};\nSELECT pg_reload_conf();"),
                "",
                true,
            );
        }
    }
    if facts.server_text("synchronous_commit") == Some("off") {
        ruling
            .info(
                "synchronous_commit",
                "synchronous_commit is off: a crash loses transactions that were confirmed",
            )
            .hint("set it to off for the roles or transactions that can bear it only");
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn each_setting_is_judged() {
        let check = |name: &str, value: &str, expected: &[&str]| {
            assert_eq!(Sample::new(18).setting(name, value).objects(&CHECK), expected, "{name} {value}");
        };
        check("fsync", "on", &[]);
        check("fsync", "off", &["fsync"]);
        check("zero_damaged_pages", "off", &[]);
        check("zero_damaged_pages", "on", &["zero_damaged_pages"]);
        check("synchronous_commit", "on", &[]);
        check("synchronous_commit", "local", &[]);
        check("synchronous_commit", "off", &["synchronous_commit"]);
    }
}

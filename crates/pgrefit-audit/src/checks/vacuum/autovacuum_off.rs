//! Autovacuum that is switched off for the whole server.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// What must be on.
const NEEDED: [(&str, &str); 2] = [
    (
        "autovacuum",
        "dead rows stay, statistics grow stale, and transaction ids are frozen only at the last moment",
    ),
    ("track_counts", "autovacuum counts no changes, and so never finds anything to do"),
];

/// The check.
pub(super) static CHECK: Check = Check {
    id: "autovacuum-off",
    code: "VAC-05",
    group: Group::Vacuum,
    title: "Autovacuum is switched off for the whole server.",
    level: Status::Fail,
    required: true,
    matters: "Without autovacuum, tables and indexes only grow, and the planner goes by statistics of long ago. The server still \
              starts a VACUUM against wraparound at autovacuum_freeze_max_age, then for all tables at once. With track_counts \
              off it is the same: autovacuum goes by those counters.",
    cure: "Switch it on, and reload.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (name, cost) in NEEDED {
        let Some(is_on) = facts.is_on(name) else { continue };
        ruling.saw();
        if !is_on {
            let sql = format!("ALTER SYSTEM SET {name} = on;\nSELECT pg_reload_conf();");
            ruling.fail(name, format!("{name} is off: {cost}")).sql(sql, "", true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn both_settings_are_judged() {
        let check = |name: &str, value: &str, expected: &[&str]| {
            assert_eq!(Sample::new(16).setting(name, value).objects(&CHECK), expected, "{name} {value}");
        };
        check("autovacuum", "on", &[]);
        check("autovacuum", "off", &["autovacuum"]);
        check("track_counts", "on", &[]);
        check("track_counts", "off", &["track_counts"]);
        check("track_activities", "off", &[]);
    }
}

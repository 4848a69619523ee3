//! Settings that trade the data for speed.

use pgrefit_catalog::census::{RoleSetting, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// Settings that must not have this value, the value to give them instead, and what they cost.
const DANGEROUS: [(&str, &str, &str, &str); 5] = [
    ("fsync", "off", "on", "a crash of the machine corrupts the database beyond repair"),
    ("full_page_writes", "off", "on", "a page that was half written when the machine crashed stays broken"),
    ("zero_damaged_pages", "on", "off", "a damaged page is emptied as soon as it is read"),
    ("ignore_checksum_failure", "on", "off", "damaged pages are returned as if they were whole"),
    (
        "session_replication_role",
        "replica",
        "origin",
        "no foreign key is checked, and ordinary triggers do not fire",
    ),
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
              crash loses the last transactions that were confirmed and breaks nothing, which is something to know. With session_replication_role = replica no foreign key \
              is checked and no trigger fires but those that were enabled for it, so that rows come in that refer to \
              nothing; tools that replicate set it in their own sessions, or for a role that nobody else uses. \
              Settings of roles and databases count as well as those of the server.",
    cure: "Set it back, and reload. What a role or a database has is reset there; sessions get it when they connect. Data written meanwhile is safe after a CHECKPOINT.",
    sources: &[Source::Settings, Source::RoleSettings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (name, bad, good, cost) in DANGEROUS {
        let Some(setting) = facts.server_setting_or_blind(name, ruling) else { continue };
        ruling.saw();
        // What a database or all roles have is told with its owner, below.
        let told_below = matches!(setting.source.as_str(), "database" | "global");
        if setting.setting == bad && !told_below {
            let mut found = ruling.fail(name, format!("{name} is {bad}: {cost}"));
            facts.cure_setting(name, good, &mut found);
        }
    }
    if let Some(setting) = facts.server_setting_or_blind("synchronous_commit", ruling)
        && setting.setting == "off"
        && !matches!(setting.source.as_str(), "database" | "global")
    {
        ruling
            .info(
                "synchronous_commit",
                "synchronous_commit is off: a crash loses transactions that were confirmed",
            )
            .hint("set it to off for the roles or transactions that can bear it only");
    }
    for (row, name, value) in facts.role_settings() {
        judge_override(row, name, value, ruling);
    }
}

/// A setting of a role or a database.
fn judge_override(row: &RoleSetting, name: &str, value: &str, ruling: &mut Ruling) {
    let same = |word: &str| match Facts::switch(word) {
        Some(on) => Facts::switch(value) == Some(on),
        None => value.eq_ignore_ascii_case(word),
    };
    let (whose, of) = (Facts::whose(row), Facts::whose_words(row));
    if let Some((name, bad, _, cost)) = DANGEROUS.iter().find(|(it, ..)| *it == name) {
        ruling.saw();
        if same(bad) {
            ruling.fail(format!("{name} OF {whose}"), format!("{name} is {bad} for {of}: {cost}")).sql(
                format!("ALTER {whose} RESET {name};"),
                "",
                true,
            );
        }
    } else if name == "synchronous_commit" {
        ruling.saw();
        if same("off") {
            ruling
                .info(
                    format!("{name} OF {whose}"),
                    format!("{name} is off for {of}: a crash loses transactions of it that were confirmed"),
                )
                .hint("see that this is meant");
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

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
        check("session_replication_role", "origin", &[]);
        check("session_replication_role", "replica", &["session_replication_role"]);
    }

    #[test]
    fn a_value_of_the_role_that_looks_is_not_that_of_the_server() {
        let check = |source: &str, expected: Status| {
            let sample =
                Sample::new(18).setting_with("zero_damaged_pages", "off", |it| it.source = source.to_owned());
            assert_eq!(sample.status(&CHECK), expected, "{source}");
        };
        check("configuration file", Status::Pass);
        check("database", Status::Pass);
        check("client", Status::Blind);
        check("user", Status::Blind);
        check("database user", Status::Blind);
        let sample = Sample::new(18).setting("zero_damaged_pages", "off");
        let own = sample.overrides("auditor", "", "zero_damaged_pages=off");
        assert_eq!(own.status(&CHECK), Status::Blind);
    }

    #[test]
    fn roles_and_databases_have_their_own() {
        let check = |role: &str, database: &str, setting: &str, expected: &[&str]| {
            let sample = Sample::new(18).overrides(role, database, setting);
            assert_eq!(sample.objects(&CHECK), expected, "{setting}");
        };
        check("r", "", "zero_damaged_pages=true", &["zero_damaged_pages OF ROLE r"]);
        check("r", "", "zero_damaged_pages=no", &[]);
        check("", "d", "synchronous_commit=off", &["synchronous_commit OF DATABASE d"]);
        check("", "d", "session_replication_role=Replica", &["session_replication_role OF DATABASE d"]);
        check("", "", "ignore_checksum_failure=1", &["ignore_checksum_failure OF ROLE ALL"]);
        check("r", "d", "work_mem=1GB", &[]);
    }

    #[test]
    fn what_a_database_has_is_told_once_and_reset_there() {
        let sample = Sample::new(18)
            .setting_with("ignore_checksum_failure", "on", |it| it.source = "database".to_owned())
            .overrides("", "app", "ignore_checksum_failure=on");
        let verdict = sample.verdict(&CHECK);
        let sql = verdict.findings.iter().filter_map(|it| it.remediation.as_ref()).map(|it| it.sql.as_str());
        assert_eq!(sql.collect::<Vec<_>>(), ["ALTER DATABASE app RESET ignore_checksum_failure;"]);
    }
}

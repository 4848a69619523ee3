//! New passwords that are stored as MD5.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The setting.
const NAME: &str = "password_encryption";

/// The check.
pub(super) static CHECK: Check = Check {
    id: "password-encryption-md5",
    code: "SEC-09",
    group: Group::Security,
    title: "New passwords are stored as MD5.",
    level: Status::Warn,
    required: false,
    matters: "An MD5 hash can be used to log in without the password, and is cracked fast; PostgreSQL 18 announces \
              its end. The default has been scram-sha-256 since 14; servers that came from before often keep md5 \
              in their configuration.",
    cure: "Set password_encryption to scram-sha-256, reload, and set the passwords anew.",
    sources: &[Source::Settings, Source::RoleSettings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if let Some(setting) = facts.server_setting_or_blind(NAME, ruling) {
        ruling.saw();
        // What a database or all roles have is told with its owner, below.
        let told_below = matches!(setting.source.as_str(), "database" | "global");
        if setting.setting != "scram-sha-256" && !told_below {
            let message = format!("{NAME} is {}: new passwords are weak", setting.setting);
            facts.cure_setting(NAME, "'scram-sha-256'", &mut ruling.warn(NAME, message));
        }
    }
    for (row, _, value) in facts.role_settings().filter(|(_, name, _)| *name == NAME) {
        ruling.saw();
        if !value.eq_ignore_ascii_case("scram-sha-256") {
            let (whose, of) = (Facts::whose(row), Facts::whose_words(row));
            ruling
                .warn(
                    format!("{NAME} OF {whose}"),
                    format!("{NAME} is {value} for {of}: passwords that are set there are weak"),
                )
                .sql(format!("ALTER {whose} RESET {NAME};"), "", true);
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn only_scram_passes() {
        let check = |value: &str, expected: Status| {
            assert_eq!(
                Sample::new(18).setting("password_encryption", value).status(&CHECK),
                expected,
                "{value}"
            );
        };
        check("md5", Status::Warn);
        check("scram-sha-256", Status::Pass);
        let own = Sample::new(18).setting_with("password_encryption", "scram-sha-256", |it| {
            it.source = "user".to_owned();
        });
        assert_eq!(own.status(&CHECK), Status::Blind);
    }

    #[test]
    fn a_database_may_have_its_own() {
        let sample = Sample::new(18).setting("password_encryption", "scram-sha-256");
        let sample = sample.overrides("", "d", "password_encryption=md5");
        assert_eq!(sample.objects(&CHECK), ["password_encryption OF DATABASE d"]);
    }
}

//! New passwords that are stored as MD5.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

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
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(kind) = facts.server_text("password_encryption") else {
        ruling.skip("password_encryption is set by this session");
        return;
    };
    ruling.saw();
    if kind != "scram-sha-256" {
        ruling
            .warn("password_encryption", format!("password_encryption is {kind}: new passwords are weak"))
            .sql(
                "ALTER SYSTEM SET password_encryption = 'scram-sha-256';\nSELECT pg_reload_conf();",
                "",
                true,
            );
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
    }
}

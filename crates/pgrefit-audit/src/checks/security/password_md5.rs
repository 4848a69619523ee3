//! Passwords that are stored as MD5.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "password-md5",
    code: "SEC-09b",
    group: Group::Security,
    title: "The password of a role is stored as MD5.",
    level: Status::Warn,
    required: false,
    matters: "Whoever gets at the hash, by a backup or a standby, can log in with it, and cracks it fast. \
              PostgreSQL 18 warns of MD5 passwords, which a later version will not take. How passwords are stored \
              is for superusers alone to see.",
    cure: "Set password_encryption to scram-sha-256, and set the password anew; drivers from before 2018 may \
              not know SCRAM.",
    sources: &[Source::Roles, Source::Passwords],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for password in &facts.census.passwords {
        ruling.saw();
        if password.kind != "scram" {
            let name = facts.role_name(password.role);
            ruling
                .warn(&name, format!("the password of {name} is stored as {}", password.kind))
                .hint("set password_encryption to scram-sha-256, then the password anew, in psql by its command password");
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{PasswordKind, Unseen, Why};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn only_scram_passes() {
        let check = |kind: &str, expected: &[&str]| {
            let password = PasswordKind { role: 50, kind: kind.to_owned() };
            let sample = Sample::new(18).login(50, "App", |_| {});
            assert_eq!(
                sample.with(|census| census.passwords.push(password)).objects(&CHECK),
                expected,
                "{kind}"
            );
        };
        check("scram", &[]);
        check("md5", &["\"App\""]);
        check("plain", &["\"App\""]);
    }

    #[test]
    fn it_is_blind_without_a_superuser() {
        let unseen = Unseen { why: Why::Privilege, text: "superusers only".to_owned(), grant: None };
        let sample = Sample::new(18);
        let sample = sample.with(|census| {
            census.unseen.insert(pgrefit_catalog::census::Source::Passwords, unseen);
        });
        assert_eq!(sample.status(&CHECK), Status::Blind);
    }
}

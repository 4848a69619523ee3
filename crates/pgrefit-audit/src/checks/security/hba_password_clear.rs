//! Passwords that cross the network in the clear.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::security::Reach;
use crate::{Facts, Ruling};

/// Methods that send the password itself.
const CLEAR: [&str; 5] = ["password", "ldap", "pam", "radius", "bsd"];

/// The check.
pub(super) static CHECK: Check = Check {
    id: "hba-password-clear",
    code: "SEC-10b",
    group: Group::Security,
    title: "Passwords may cross the network in the clear.",
    level: Status::Warn,
    required: false,
    matters: "The methods password, ldap, pam, radius and bsd send the password itself. By host or hostnossl it is \
              not sure that TLS protects it. Lines for this machine and hostssl are passed.",
    cure: "Use scram-sha-256, or hostssl where the method must stay.",
    sources: &[Source::HbaRules],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for rule in &facts.census.hba_rules {
        ruling.saw();
        let clear = rule.method.as_deref().is_some_and(|method| CLEAR.contains(&method));
        let bare = matches!(rule.kind.as_deref(), Some("host" | "hostnossl" | "hostnogssenc"));
        if clear && bare && Reach::of(rule) != Reach::Machine {
            let words = Facts::hba_words(rule);
            ruling
                .warn(&words, format!("passwords may cross the network in the clear: {words}"))
                .number("line", rule.line)
                .hint("use scram-sha-256, or hostssl for this line");
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn only_bare_passwords_are_found() {
        let check = |kind: &str, address: &str, method: &str, expected: Status| {
            let status = Sample::new(18).hba(kind, address, "", method).status(&CHECK);
            assert_eq!(status, expected, "{kind} {address} {method}");
        };
        check("host", "all", "password", Status::Warn);
        check("host", "samenet", "ldap", Status::Warn);
        check("hostssl", "all", "password", Status::Pass);
        check("host", "localhost", "password", Status::Pass);
        check("host", "all", "md5", Status::Pass);
        check("host", "all", "scram-sha-256", Status::Pass);
    }
}

//! Lines of `pg_hba.conf` for every address.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::security::{Certificate, Reach};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "hba-open-to-world",
    code: "SEC-10c",
    group: Group::Security,
    title: "Clients may come from every address.",
    level: Status::Info,
    required: false,
    matters: "A line for all addresses leaves it to the network alone who may try passwords. Images for containers \
              have such a line, and behind a network policy or a firewall there is nothing to do. Lines that ask \
              for a certificate of the client, and those that reject, are passed.",
    cure: "Name the networks that the clients are in.",
    sources: &[Source::HbaRules],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for rule in &facts.census.hba_rules {
        ruling.saw();
        // What trusts every address is told by hba-trust.
        let closed = matches!(rule.method.as_deref(), None | Some("reject" | "cert" | "trust"))
            || Facts::client_certificate(rule) != Certificate::None;
        if !closed && Reach::of(rule) == Reach::World {
            let words = Facts::hba_words(rule);
            ruling
                .info(&words, format!("clients may come from every address: {words}"))
                .number("line", rule.line)
                .hint("name the networks that the clients are in");
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn every_address_is_the_world() {
        let check = |address: &str, mask: &str, method: &str, expected: Status| {
            let status = Sample::new(18).hba("host", address, mask, method).status(&CHECK);
            assert_eq!(status, expected, "{address} {method}");
        };
        check("all", "", "scram-sha-256", Status::Info);
        check("0.0.0.0", "0.0.0.0", "scram-sha-256", Status::Info);
        check("::", "::", "scram-sha-256", Status::Info);
        check("10.0.0.0", "255.0.0.0", "scram-sha-256", Status::Pass);
        check("all", "", "reject", Status::Pass);
        check("all", "", "cert", Status::Pass);
        let sample = Sample::new(18).hba("hostssl", "all", "", "scram-sha-256");
        let sample =
            sample.with(|census| census.hba_rules[0].options = vec!["clientcert=verify-ca".to_owned()]);
        assert_eq!(sample.status(&CHECK), Status::Pass);
    }
}

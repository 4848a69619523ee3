//! Lines of `pg_hba.conf` that ask for nothing.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::security::{Certificate, Reach};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "hba-trust",
    code: "SEC-10",
    group: Group::Security,
    title: "Whoever comes from the network may be any role without a password.",
    level: Status::Fail,
    required: false,
    matters: "The method trust lets in everybody who reaches the server as whoever they say they are, also as a \
              superuser. On a socket or a loopback address it is something to know: every user of the machine and \
              every container beside it can do the same. With clientcert=verify-full the certificate of the client says \
              who it is, and the line is passed; verify-ca asks for any certificate.",
    cure: "Replace trust by scram-sha-256, on sockets by peer, and reload.",
    sources: &[Source::HbaRules],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let mut machine = 0_usize;
    for rule in &facts.census.hba_rules {
        ruling.saw();
        let certificate = Facts::client_certificate(rule);
        if rule.method.as_deref() != Some("trust") || certificate == Certificate::OfRole {
            continue;
        }
        if Reach::of(rule) == Reach::Machine {
            machine += 1;
            continue;
        }
        let words = Facts::hba_words(rule);
        let who = match certificate {
            Certificate::Any => "whoever has a certificate of the authority, for whatever role, and comes",
            _ => "whoever comes",
        };
        ruling
            .fail(&words, format!("{who} from there may be any of these roles: {words}"))
            .number("line", rule.line)
            .hint("replace trust by scram-sha-256 and reload");
    }
    if machine > 0 {
        ruling
            .info("pg_hba.conf", "every user of this machine may be any role: trust on local connections")
            .number("lines", machine)
            .hint("replace trust by peer on sockets, by scram-sha-256 on loopback addresses");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn it_depends_on_where_they_come_from() {
        let check = |kind: &str, address: &str, mask: &str, method: &str, expected: Status| {
            let status = Sample::new(18).hba(kind, address, mask, method).status(&CHECK);
            assert_eq!(status, expected, "{kind} {address} {method}");
        };
        check("host", "0.0.0.0", "0.0.0.0", "trust", Status::Fail);
        check("hostssl", "10.0.0.0", "255.0.0.0", "trust", Status::Fail);
        check("host", "all", "", "trust", Status::Fail);
        check("host", "127.0.0.1", "255.255.255.255", "trust", Status::Info);
        check("host", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "trust", Status::Info);
        check("local", "", "", "trust", Status::Info);
        check("host", "all", "", "scram-sha-256", Status::Pass);
        check("local", "", "", "peer", Status::Pass);
    }

    #[test]
    fn a_certificate_may_say_who_it_is() {
        let check = |option: &str, expected: Status| {
            let sample = Sample::new(18).hba("hostssl", "all", "", "trust");
            let sample = sample.with(|census| census.hba_rules[0].options = vec![option.to_owned()]);
            assert_eq!(sample.status(&CHECK), expected, "{option}");
        };
        check("clientcert=verify-full", Status::Pass);
        check("clientcert=verify-ca", Status::Fail);
        check("clientcert=no-verify", Status::Fail);
    }

    #[test]
    fn a_line_is_named_by_its_words() {
        let sample = Sample::new(18).hba("host", "10.0.0.0", "255.0.0.0", "trust");
        assert_eq!(sample.objects(&CHECK), ["host all all 10.0.0.0/255.0.0.0 trust"]);
    }
}

//! Lines of `pg_hba.conf` that ask for nothing.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::security::Reach;
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
              every container beside it can do the same.",
    cure: "Replace trust by scram-sha-256, on sockets by peer, and reload.",
    sources: &[Source::HbaRules],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let mut machine = 0_usize;
    for rule in &facts.census.hba_rules {
        ruling.saw();
        if rule.method.as_deref() != Some("trust") {
            continue;
        }
        if Reach::of(rule) == Reach::Machine {
            machine += 1;
            continue;
        }
        let words = Facts::hba_words(rule);
        ruling
            .fail(&words, format!("whoever comes from there may be any of these roles: {words}"))
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
    fn a_line_is_named_by_its_words() {
        let sample = Sample::new(18).hba("host", "10.0.0.0", "255.0.0.0", "trust");
        assert_eq!(sample.objects(&CHECK), ["host all all 10.0.0.0/255.0.0.0 trust"]);
    }
}

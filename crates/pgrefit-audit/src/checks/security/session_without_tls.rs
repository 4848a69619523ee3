//! Sessions that come over the network without TLS.

use std::collections::BTreeMap;

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::{Status, counted};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "session-without-tls",
    code: "SEC-08b",
    group: Group::Security,
    title: "Sessions come over the network without TLS, though the server has it.",
    level: Status::Warn,
    required: false,
    matters: "pg_hba.conf lets them in by host or hostnossl, and their clients do not ask for TLS: \
              sslmode=disable, or prefer through a proxy that does not know it. Sessions from this machine are \
              passed.",
    cure: "Use sslmode=verify-full in the clients, and hostssl in pg_hba.conf.",
    sources: &[Source::Settings, Source::Backends],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.is_on("ssl") != Some(true) {
        ruling.skip("TLS is off");
        return;
    }
    let mut bare: BTreeMap<&str, usize> = BTreeMap::new();
    for session in facts.client_sessions() {
        if session.is_local == Some(true) {
            ruling.saw();
            continue;
        }
        let Some(tls) = session.tls else {
            ruling
                .missed("whether sessions use TLS is not visible to this role", Some(facts.grant_monitor()));
            continue;
        };
        ruling.saw();
        if !tls {
            *bare.entry(session.user.as_deref().unwrap_or_default()).or_default() += 1;
        }
    }
    for (user, count) in bare {
        let name = quote_ident(user);
        ruling
            .warn(&name, format!("{} of {name} came over the network without TLS", counted(count, "session")))
            .number("sessions", count)
            .hint("set sslmode=verify-full in the client, and hostssl in pg_hba.conf");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn only_the_network_counts() {
        let check = |ssl: &str, local: Option<bool>, tls: Option<bool>, expected: Status| {
            let sample = Sample::new(18).setting("ssl", ssl).session("app", |it| {
                (it.is_local, it.tls) = (local, tls);
            });
            assert_eq!(sample.status(&CHECK), expected, "{ssl} {local:?} {tls:?}");
        };
        check("on", Some(false), Some(false), Status::Warn);
        check("on", Some(false), Some(true), Status::Pass);
        check("on", Some(true), None, Status::Pass);
        check("on", None, None, Status::Blind);
        check("off", Some(false), Some(false), Status::Skip);
    }
}

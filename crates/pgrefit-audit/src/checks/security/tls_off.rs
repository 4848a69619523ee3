//! A server that listens to the network without TLS.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "tls-off",
    code: "SEC-08",
    group: Group::Security,
    title: "The server listens to the network, and TLS is off.",
    level: Status::Warn,
    required: false,
    matters: "Passwords are safe with SCRAM, but all data goes over the network in the clear, and nobody can tell \
              the server from an impostor. A server that listens to this machine only is passed. TLS that ends at \
              a proxy on the same machine counts for nothing here: listen to the loopback address then.",
    cure: "Give the server a certificate, set ssl = on, and let pg_hba.conf take hostssl only.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(addresses) = facts.text("listen_addresses") else {
        ruling.missed("listen_addresses is not visible to this role", Some(facts.grant_monitor()));
        return;
    };
    ruling.saw();
    let local = |address: &str| matches!(address.trim(), "" | "localhost" | "127.0.0.1" | "::1");
    if facts.is_on("ssl") == Some(false) && !addresses.split(',').all(local) {
        ruling
            .warn(
                "ssl",
                format!("the server listens to {addresses}, and data goes over the network in the clear"),
            )
            .number("listen_addresses", addresses)
            .hint("set ssl_cert_file and ssl_key_file, then ALTER SYSTEM SET ssl = on and reload");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn the_network_needs_tls() {
        let check = |ssl: &str, addresses: &str, expected: Status| {
            let sample = Sample::new(18).setting("ssl", ssl).setting("listen_addresses", addresses);
            assert_eq!(sample.status(&CHECK), expected, "{ssl} {addresses}");
        };
        check("off", "localhost", Status::Pass);
        check("off", "127.0.0.1, ::1", Status::Pass);
        check("off", "", Status::Pass);
        check("off", "*", Status::Warn);
        check("off", "localhost,10.0.0.1", Status::Warn);
        check("on", "*", Status::Pass);
        assert_eq!(Sample::new(18).setting("ssl", "off").status(&CHECK), Status::Blind);
    }
}

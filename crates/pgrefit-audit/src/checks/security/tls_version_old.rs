//! TLS of versions that are broken.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "tls-version-old",
    code: "SEC-08c",
    group: Group::Security,
    title: "The server takes TLS of a version that is broken.",
    level: Status::Warn,
    required: false,
    matters: "TLS before 1.2 is deprecated by RFC 8996; the default has been TLSv1.2 since 13.",
    cure: "Set ssl_min_protocol_version to TLSv1.2 or later, and reload.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.is_on("ssl") != Some(true) {
        ruling.skip("TLS is off");
        return;
    }
    let Some(version) = facts.text("ssl_min_protocol_version") else { return };
    ruling.saw();
    if matches!(version, "" | "TLSv1" | "TLSv1.1") {
        let least = if version.is_empty() { "any version" } else { version };
        ruling.warn("ssl_min_protocol_version", format!("sessions may use {least} of TLS")).sql(
            "ALTER SYSTEM SET ssl_min_protocol_version = 'TLSv1.2';\nSELECT pg_reload_conf();",
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
    fn old_versions_are_found() {
        let check = |ssl: &str, version: &str, expected: Status| {
            let sample = Sample::new(18).setting("ssl", ssl).setting("ssl_min_protocol_version", version);
            assert_eq!(sample.status(&CHECK), expected, "{ssl} {version}");
        };
        check("on", "TLSv1", Status::Warn);
        check("on", "TLSv1.2", Status::Pass);
        check("on", "TLSv1.3", Status::Pass);
        check("off", "TLSv1", Status::Skip);
    }
}

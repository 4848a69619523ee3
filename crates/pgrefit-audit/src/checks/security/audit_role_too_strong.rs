//! An audit that is run as a superuser.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "audit-role-too-strong",
    code: "SEC-01c",
    group: Group::Security,
    title: "The audit itself runs as a superuser.",
    level: Status::Info,
    required: false,
    matters: "It needs none: pg_monitor shows settings and activity, and pg_read_all_data the statistics of \
              columns. Only how passwords are stored and the lines of pg_hba.conf are for superusers alone; an \
              audit by a weaker role says which checks could not look.",
    cure: "Make a role for audits with pg_monitor, and pg_read_all_data if it may read the rows.",
    sources: &[Source::Roles],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    ruling.saw();
    if facts.census.server.is_superuser {
        let name = quote_ident(&facts.census.server.user);
        ruling.info(&name, format!("the audit runs as {name}, a superuser, which it need not be")).sql(
            "CREATE ROLE auditor LOGIN;\nGRANT pg_monitor TO auditor;",
            "",
            true,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn only_a_superuser_is_told() {
        let check = |is_superuser: bool, expected: &[&str]| {
            let sample = Sample::new(18).with(|census| census.server.is_superuser = is_superuser);
            assert_eq!(sample.objects(&CHECK), expected);
        };
        check(true, &["auditor"]);
        check(false, &[]);
    }
}

//! Row security that the application passes by as the owner.

use pgrefit_catalog::census::{Backend, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "row-security-not-forced",
    code: "SEC-06d",
    group: Group::Security,
    title: "Row security does not count for the owner, and the owner is the application.",
    level: Status::Warn,
    required: false,
    matters: "The owner of a table passes by its row security unless it is forced. A warning where sessions of \
              clients work as the owner in this database now: no policy has any effect for them. Owners that are \
              superusers or have BYPASSRLS pass by in any case, and are left out.",
    cure: "FORCE ROW LEVEL SECURITY, or let the application work as a role that does not own the table.",
    sources: &[Source::Relations, Source::Roles, Source::Backends],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let database = facts.census.server.database.as_str();
    for table in facts.tables().filter(|table| table.row_security) {
        ruling.saw();
        let Some(owner) = facts.role(table.owner).filter(|_| !table.row_security_forced) else { continue };
        let works = |it: &Backend| {
            it.user.as_deref() == Some(owner.name.as_str()) && it.database.as_deref() == Some(database)
        };
        if owner.superuser || owner.bypass_row_security || !facts.client_sessions().any(works) {
            continue;
        }
        let (name, role) = (facts.name(table.oid), Facts::quoted(owner));
        ruling
            .warn(&name, format!("sessions of {role} see every row of {name}, because {role} owns it"))
            .sql(format!("ALTER TABLE {name} FORCE ROW LEVEL SECURITY;"), "ACCESS EXCLUSIVE", true);
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn owners_at_work_pass_by() {
        let check = |on: bool, forced: bool, superuser: bool, user: &str, expected: &[&str]| {
            let sample =
                Sample::new(18).login(50, "app", |it| it.superuser = superuser).session(user, |_| {});
            let sample = sample.relation(1, RelationKind::Table, "t", |it| {
                (it.owner, it.row_security, it.row_security_forced) = (50, on, forced);
            });
            assert_eq!(sample.objects(&CHECK), expected, "{on} {forced} {superuser} {user}");
        };
        check(true, false, false, "app", &["public.t"]);
        check(false, false, false, "app", &[]);
        check(true, true, false, "app", &[]);
        check(true, false, true, "app", &[]);
        check(true, false, false, "reader", &[]);
    }
}

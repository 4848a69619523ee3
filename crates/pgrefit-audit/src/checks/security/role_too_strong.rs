//! Roles that log in and can do more than work with data.

use pgrefit_catalog::census::{Role, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The role that `initdb` makes.
const FIRST: u32 = 10;

/// From how many sessions on the first superuser is used by more than a person.
const MANY: usize = 5;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "role-too-strong",
    code: "SEC-01",
    group: Group::Security,
    title: "A role that logs in can do more than work with data.",
    level: Status::Warn,
    required: false,
    matters: "Whoever gets at the password of such a role, or at the application that uses it, owns the whole \
              server: a superuser runs programs and reads any file, CREATEROLE gives away every role but a \
              superuser's before 16, REPLICATION copies the whole cluster, BYPASSRLS sees the rows of all tenants. \
              Told of login roles that are superusers or can become one by SET ROLE, except the first one unless five or more sessions run as \
              it, and except the role that looks; of REPLICATION and BYPASSRLS only where sessions of clients use \
              them. Roles that a provider keeps for itself are left out.",
    cure: "Give the application a role of its own without these attributes; keep superusers for people and \
              emergencies.",
    sources: &[Source::Roles, Source::Memberships, Source::Backends, Source::Relations],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.census.backends.iter().any(|backend| backend.kind.is_none()) {
        ruling.missed("what sessions do is not visible to this role", Some(facts.grant_monitor()));
    }
    let guarded = facts.tables().any(|table| table.row_security);
    for role in facts.census.roles.iter().filter(|role| role.login && !Facts::is_of_provider(role)) {
        ruling.saw();
        let sessions = facts.sessions_of(role);
        if !role.superuser && !facts.is_auditor(role) && becomes_superuser(facts, role, sessions, ruling) {
            continue;
        }
        let Some((status, what, cure)) = too_strong(facts, role, sessions, guarded) else { continue };
        let name = Facts::quoted(role);
        let mut found = ruling.found(status, &name, format!("{name} {what}"));
        found.number("sessions", sessions);
        if role.oid == FIRST {
            found.hint("give the application a role of its own");
        } else {
            found.sql(format!("ALTER ROLE {name} {cure};"), "", true);
        }
    }
}

/// Tells of a role that can become a superuser by a membership; whether it can.
fn becomes_superuser(facts: &Facts<'_>, role: &Role, sessions: usize, ruling: &mut Ruling) -> bool {
    let superusers = facts.superusers_of(role.oid);
    // One it is a member of itself first: that membership can be revoked.
    let direct = superusers.iter().find(|it| facts.is_direct_member(role.oid, it.oid));
    let Some(superuser) = direct.or(superusers.first()) else { return false };
    let (name, boss) = (Facts::quoted(role), Facts::quoted(superuser));
    let mut found = ruling.warn(&name, format!("{name} logs in and can become a superuser: SET ROLE {boss}"));
    found.number("sessions", sessions);
    if direct.is_some() {
        found.sql(format!("REVOKE {boss} FROM {name};"), "", true);
    } else {
        found.hint("the membership comes through another role");
    }
    true
}

type Judged = (Status, &'static str, &'static str);

fn too_strong(facts: &Facts<'_>, role: &Role, sessions: usize, guarded: bool) -> Option<Judged> {
    if role.superuser {
        let excused = if role.oid == FIRST { sessions < MANY } else { facts.is_auditor(role) };
        return (!excused).then_some((Status::Warn, "logs in and is a superuser", "NOSUPERUSER"));
    }
    if role.create_role && facts.major() < 16 {
        let what = "may give itself every role but a superuser's: CREATEROLE";
        return Some((Status::Warn, what, "NOCREATEROLE"));
    }
    if role.replication && sessions > 0 {
        return Some((
            Status::Warn,
            "works with data and may copy the whole cluster: REPLICATION",
            "NOREPLICATION",
        ));
    }
    if role.bypass_row_security && sessions > 0 && guarded {
        return Some((Status::Warn, "works with data and passes by row security: BYPASSRLS", "NOBYPASSRLS"));
    }
    role.create_role.then_some((
        Status::Info,
        "may make roles and change those it made: CREATEROLE",
        "NOCREATEROLE",
    ))
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{RelationKind, Role};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn found(major: u32, change: impl FnOnce(&mut Role), sessions: usize) -> Vec<String> {
        let mut sample = Sample::new(major).login(100, "app", change);
        for _ in 0..sessions {
            sample = sample.session("app", |_| {});
        }
        sample.relation(1, RelationKind::Table, "t", |it| it.row_security = true).objects(&CHECK)
    }

    #[test]
    fn each_attribute_is_judged() {
        let check = |change: fn(&mut Role), sessions: usize, expected: &[&str]| {
            assert_eq!(found(18, change, sessions), expected);
        };
        check(|_| {}, 3, &[]);
        check(|it| it.superuser = true, 0, &["app"]);
        check(|it| it.replication = true, 0, &[]);
        check(|it| it.replication = true, 1, &["app"]);
        check(|it| it.bypass_row_security = true, 1, &["app"]);
        check(|it| (it.superuser, it.login) = (true, false), 0, &[]);
        check(|it| (it.superuser, it.name) = (true, "rdsadmin".to_owned()), 0, &[]);
        // The first superuser is for people.
        check(|it| (it.superuser, it.oid) = (true, 10), 1, &[]);
        check(|it| (it.superuser, it.oid) = (true, 10), 5, &["app"]);
        check(|it| (it.superuser, it.name) = (true, "auditor".to_owned()), 0, &[]);
    }

    #[test]
    fn a_superuser_by_membership_is_found() {
        let sample = Sample::new(18)
            .login(100, "boss", |it| (it.superuser, it.login) = (true, false))
            .login(101, "admins", |it| it.login = false)
            .login(102, "dev", |_| {})
            .login(103, "far", |_| {})
            .login(104, "barred", |_| {})
            .member(100, 101)
            .member(101, 103)
            .member(100, 102)
            .member_with(100, 104, |it| (it.set, it.admin) = (false, true));
        assert_eq!(sample.objects(&CHECK), ["dev", "far"]);
    }

    #[test]
    fn createrole_was_stronger_before_16() {
        let status = |major| Sample::new(major).login(100, "app", |it| it.create_role = true).status(&CHECK);
        assert_eq!((status(15), status(16)), (Status::Warn, Status::Info));
    }

    #[test]
    fn hidden_sessions_are_blind() {
        assert_eq!(Sample::new(18).session("app", |it| it.kind = None).status(&CHECK), Status::Blind);
    }
}

//! Applications that work as the owner of their tables.

use std::collections::BTreeMap;

use pgrefit_catalog::census::{Backend, Source};
use pgrefit_report::{Status, counted};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "owner-is-login-role",
    code: "SEC-02",
    group: Group::Security,
    title: "An application works as the owner of its tables.",
    level: Status::Info,
    required: false,
    matters: "An owner can drop and alter its tables, and passes by their row security; an injected statement can \
              do the same. With one role that owns and migrates and another that only reads and writes, it cannot. \
              Told of roles that own tables and have sessions of clients in this database now; superusers are a \
              matter of role-too-strong.",
    cure: "Let a role without LOGIN own the tables, and grant the application SELECT, INSERT, UPDATE and \
              DELETE.",
    sources: &[Source::Relations, Source::Roles, Source::Backends],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let mut owned: BTreeMap<u32, usize> = BTreeMap::new();
    for table in facts.root_tables() {
        ruling.saw();
        *owned.entry(table.owner).or_default() += 1;
    }
    let database = facts.census.server.database.as_str();
    for (owner, tables) in owned {
        let Some(role) = facts.role(owner).filter(|role| role.login && !role.superuser) else { continue };
        let here = |it: &&Backend| {
            it.user.as_deref() == Some(role.name.as_str()) && it.database.as_deref() == Some(database)
        };
        let sessions = facts.client_sessions().filter(here).count();
        if sessions > 0 {
            let name = Facts::quoted(role);
            let verb = if sessions == 1 { "works" } else { "work" };
            ruling
                .info(
                    &name,
                    format!(
                        "{} of {name} {verb} here, and {name} owns {}",
                        counted(sessions, "session"),
                        counted(tables, "table")
                    ),
                )
                .number("sessions", sessions)
                .number("tables", tables)
                .hint("migrate as the owner, and work as another role");
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn owners_at_work_are_found() {
        let check = |user: &str, database: &str, superuser: bool, expected: &[&str]| {
            let sample = Sample::new(18)
                .login(50, "app", |it| it.superuser = superuser)
                .relation(1, RelationKind::Table, "t", |it| it.owner = 50)
                .session(user, |it| it.database = Some(database.to_owned()));
            assert_eq!(sample.objects(&CHECK), expected, "{user} {database}");
        };
        check("app", "app", false, &["app"]);
        check("app", "other", false, &[]);
        check("reader", "app", false, &[]);
        check("app", "app", true, &[]);
    }
}

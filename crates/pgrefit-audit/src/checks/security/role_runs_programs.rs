//! Roles that reach the server's files and programs through a membership.

use pgrefit_catalog::census::{Role, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// What lets a role out of the database.
const GROUPS: [&str; 3] = ["pg_execute_server_program", "pg_write_server_files", "pg_read_server_files"];

/// The check.
pub(super) static CHECK: Check = Check {
    id: "role-runs-programs",
    code: "SEC-01b",
    group: Group::Security,
    title: "A role that logs in can run programs or touch files on the server.",
    level: Status::Warn,
    required: false,
    matters: "Members of pg_execute_server_program, pg_write_server_files and pg_read_server_files run programs \
              and touch files as the user that the server runs as, and so can become superuser. Memberships of \
              whatever depth count; not those WITH INHERIT FALSE, SET FALSE without ADMIN, which are of no use.",
    cure: "Revoke the membership; load data by COPY FROM STDIN instead of from a file on the server.",
    sources: &[Source::Roles, Source::Memberships],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let outside: Vec<&Role> = GROUPS.iter().filter_map(|name| facts.role_named(name)).collect();
    for role in facts.census.roles.iter().filter(|role| role.login && !role.superuser) {
        ruling.saw();
        let groups = facts.groups_of(role.oid);
        let Some(group) = outside.iter().find(|group| groups.contains(&group.oid)) else { continue };
        if Facts::is_of_provider(role) {
            continue;
        }
        let name = Facts::quoted(role);
        let direct = facts.is_direct_member(role.oid, group.oid);
        let mut found =
            ruling.warn(&name, format!("{name} is a member of {}, and can become superuser", group.name));
        if direct {
            found.sql(format!("REVOKE {} FROM {name};", group.name), "", true);
        } else {
            found.hint("the membership comes through another role");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn memberships_of_any_depth_are_found() {
        let sample = Sample::new(18)
            .login(3, "pg_execute_server_program", |it| it.login = false)
            .login(100, "loaders", |it| it.login = false)
            .login(101, "App", |_| {})
            .login(102, "other", |_| {})
            .member(3, 100)
            .member(100, 101);
        assert_eq!(sample.objects(&CHECK), ["\"App\""]);
        // A membership that can be used for nothing.
        let given = |inherit: bool, set: bool, admin: bool| {
            let sample = Sample::new(18).login(3, "pg_execute_server_program", |it| it.login = false);
            let sample = sample.login(101, "app", |_| {});
            let sample =
                sample.member_with(3, 101, |it| (it.inherit, it.set, it.admin) = (inherit, set, admin));
            sample.objects(&CHECK).len()
        };
        assert_eq!((given(false, false, false), given(false, true, false)), (0, 1));
        assert_eq!((given(true, false, false), given(false, false, true)), (1, 1));
        // Memberships of a superuser add nothing.
        let superuser = Sample::new(18).login(3, "pg_read_server_files", |it| it.login = false);
        let superuser = superuser.login(10, "postgres", |it| it.superuser = true).member(3, 10);
        assert_eq!(superuser.objects(&CHECK), [""; 0]);
    }
}

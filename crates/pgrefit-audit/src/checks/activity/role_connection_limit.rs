//! Roles that have nearly used up their own limit of connections.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{percent, share};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "role-connection-limit",
    code: "ACT-05b",
    group: Group::Activity,
    title: "A role has taken nearly all connections that it may have.",
    level: Status::Fail,
    required: false,
    matters: "At its CONNECTION LIMIT a role is turned away, though the server has room. Told from 80 % on, a failure from 95 % \
              on. A limit of one, as for a role that must not run twice, is left out; superusers have no limit.",
    cure: "Raise the limit, or make the pools of that role smaller.",
    sources: &[Source::Roles],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for role in facts.census.roles.iter().filter(|it| it.login && !it.superuser && it.connection_limit > 1) {
        ruling.saw();
        let share = share(role.connections, role.connection_limit.into());
        if share < 0.8 {
            continue;
        }
        let status = if share >= 0.95 { Status::Fail } else { Status::Warn };
        let (name, taken, limit) = (quote_ident(&role.name), role.connections, role.connection_limit);
        ruling
            .found(status, &name, format!("{name} has taken {taken} of its {limit} connections"))
            .number("taken_connections", taken)
            .number("limit_connections", limit)
            .number("taken_percent", percent(share))
            .sql(format!("ALTER ROLE {name} CONNECTION LIMIT {};", limit.saturating_mul(2)), "", true);
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Role;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn limits_are_compared() {
        let check = |connection_limit: i32, connections: i64, superuser: bool, expected: Status| {
            let role = Role {
                name: "app".to_owned(),
                login: true,
                superuser,
                connection_limit,
                connections,
                ..Role::default()
            };
            let sample = Sample::new(18).with(|census| census.roles.push(role));
            assert_eq!(sample.status(&CHECK), expected, "{connection_limit} {connections}");
        };
        check(-1, 500, false, Status::Pass);
        check(10, 7, false, Status::Pass);
        check(10, 8, false, Status::Warn);
        check(10, 10, false, Status::Fail);
        check(10, 10, true, Status::Pass);
        check(1, 1, false, Status::Pass);
        check(0, 0, false, Status::Pass);
    }
}

//! Databases that have nearly used up their own limit of connections.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{percent, share};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "database-connection-limit",
    code: "ACT-05c",
    group: Group::Activity,
    title: "Nearly all connections that a database takes are taken.",
    level: Status::Fail,
    required: false,
    matters: "At its CONNECTION LIMIT a database turns clients away, though the server has room. Told from 80 % on, a failure from \
              95 % on. Superusers are let in beyond it.",
    cure: "Raise the limit, or make the pools of the clients smaller.",
    sources: &[Source::Databases],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for database in facts.census.databases.iter().filter(|it| it.connection_limit > 1) {
        let name = quote_ident(&database.name);
        let Some(taken) = database.connections else {
            ruling.missed(
                "the connections of databases are not visible to this role",
                Some(facts.grant_monitor()),
            );
            continue;
        };
        ruling.saw();
        let limit = database.connection_limit;
        let share = share(taken.into(), limit.into());
        if share < 0.8 {
            continue;
        }
        let status = if share >= 0.95 { Status::Fail } else { Status::Warn };
        ruling
            .found(status, &name, format!("{taken} of the {limit} connections that {name} takes are taken"))
            .number("taken_connections", taken)
            .number("limit_connections", limit)
            .number("taken_percent", percent(share))
            .sql(format!("ALTER DATABASE {name} CONNECTION LIMIT {};", limit.saturating_mul(2)), "", true);
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn limits_are_compared() {
        let check = |limit: i32, connections: Option<i32>, expected: Status| {
            let change = |it: &mut pgrefit_catalog::census::Database| {
                (it.connection_limit, it.connections) = (limit, connections);
            };
            assert_eq!(
                Sample::new(18).database("shop", change).status(&CHECK),
                expected,
                "{limit} {connections:?}"
            );
        };
        check(-1, Some(500), Status::Pass);
        // A database that was half dropped.
        check(-2, Some(0), Status::Pass);
        check(10, Some(7), Status::Pass);
        check(10, Some(8), Status::Warn);
        check(10, Some(10), Status::Fail);
        check(10, None, Status::Blind);
    }
}

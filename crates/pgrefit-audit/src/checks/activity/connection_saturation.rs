//! A server that will soon take no more connections.

use pgrefit_catalog::census::{Backend, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{percent, share};
use crate::{Facts, Ruling};

/// From which share on it is told.
const WARN: f64 = 0.8;
/// From which share on the next rush will fail.
const FAIL: f64 = 0.95;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "connection-saturation",
    code: "ACT-05",
    group: Group::Activity,
    title: "Nearly all connections of the server are taken.",
    level: Status::Fail,
    required: true,
    matters: "When the last one is taken, clients are turned away with \"too many clients already\". What ordinary roles can have \
              is max_connections less superuser_reserved_connections, and from version 16 on less reserved_connections. Told \
              from 80 % of that on, a failure from 95 % on.",
    cure: "Put a pooler before the server, or make the pools of the clients smaller. More connections cost memory and a restart.",
    sources: &[Source::Backends, Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let number = |name| facts.text(name).and_then(|value| value.parse::<i64>().ok());
    let Some(most) = number("max_connections") else {
        return ruling.missed("max_connections is not visible to this role", Some(facts.grant_monitor()));
    };
    ruling.saw();
    let reserved = ["superuser_reserved_connections", "reserved_connections"];
    let free_for_all = most - reserved.into_iter().filter_map(number).sum::<i64>();
    let clients: Vec<&Backend> = facts.census.backends.iter().filter(|it| is_client(it)).collect();
    let count = |state: &str| clients.iter().filter(|it| it.state.as_deref() == Some(state)).count();
    let taken = i64::try_from(clients.len()).unwrap_or(i64::MAX);
    let share = share(taken, free_for_all);
    if share < WARN {
        return;
    }
    let status = if share >= FAIL { Status::Fail } else { Status::Warn };
    ruling
        .found(
            status,
            "max_connections",
            format!("{taken} of {free_for_all} connections for ordinary roles are taken"),
        )
        .number("taken_connections", taken)
        .number("available_connections", free_for_all)
        .number("idle_connections", count("idle"))
        .number("idle_in_transaction_connections", count("idle in transaction"))
        .number("taken_percent", percent(share))
        .hint("put a pooler before the server, or make the pools of the clients smaller");
}

/// A connection of a client; of one that is hidden, its role and database tell, which replication and server processes lack.
fn is_client(backend: &Backend) -> bool {
    match backend.kind.as_deref() {
        Some(kind) => kind == "client backend",
        None => backend.user.is_some() && backend.database.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    /// `max_connections` is 23, of which three are for superusers.
    fn sample(major: u32, clients: i32) -> Sample {
        let none = Sample::new(major)
            .setting("max_connections", "23")
            .setting("superuser_reserved_connections", "3")
            .backend(900, |it| it.kind = Some("walsender".to_owned()))
            .backend(901, |it| (it.kind, it.user) = (Some("checkpointer".to_owned()), None));
        (0..clients).fold(none, |sample, pid| sample.backend(pid + 1, |_| {}))
    }

    #[test]
    fn what_is_reserved_is_not_counted() {
        let check = |clients: i32, expected: Status| {
            assert_eq!(sample(18, clients).status(&CHECK), expected, "{clients}");
        };
        check(3, Status::Pass);
        check(15, Status::Pass);
        check(16, Status::Warn);
        check(19, Status::Fail);
        let reserved = |major| sample(major, 15).setting("reserved_connections", "5").status(&CHECK);
        assert_eq!(reserved(16), Status::Fail);
    }

    #[test]
    fn hidden_sessions_are_counted() {
        let sample = (0..16).fold(sample(18, 0), |sample, pid| sample.hidden_backend(pid + 1));
        assert_eq!(sample.status(&CHECK), Status::Warn);
    }

    #[test]
    fn without_the_setting_it_is_blind() {
        assert_eq!(Sample::new(18).status(&CHECK), Status::Blind);
    }
}
